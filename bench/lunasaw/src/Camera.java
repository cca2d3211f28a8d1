/* SPDX-License-Identifier: Apache-2.0 */
import io.github.lunasaw.gb28181.common.entity.response.DeviceItem;
import io.github.lunasaw.gb28181.common.entity.response.DeviceResponse;
import io.github.lunasaw.gbproxy.client.transmit.cmd.ClientCommandSender;
import io.github.lunasaw.gbproxy.client.transmit.request.message.CustomMessageRequestHandler;
import io.github.lunasaw.gbproxy.client.transmit.response.register.DefaultRegisterProcessorHandler;
import io.github.lunasaw.sip.common.entity.Device;
import io.github.lunasaw.sip.common.entity.FromDevice;
import io.github.lunasaw.sip.common.entity.ToDevice;
import io.github.lunasaw.sip.common.layer.SipLayer;
import io.github.lunasaw.sip.common.service.ClientDeviceSupplier;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sip.SipListener;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.SpringApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/**
 * A camera of somebody else's making, the client of LunaSaw's GB/T 28181 proxy on JAIN-SIP and Spring: registers with Digest, answers the
 * catalogue query, keeps alive. Arguments: port of the platform, its ID, the camera's ID, the password. Exit status 0 when the platform
 * asked and the camera was registered.
 */
@SpringBootApplication(scanBasePackages = "io.github.lunasaw")
public class Camera {
    private static final String HOST = "127.0.0.1";
    private static final CountDownLatch REGISTERED = new CountDownLatch(1);
    private static final CountDownLatch ASKED = new CountDownLatch(1);

    private static int platformPort;
    private static int port;
    private static String platform;
    private static String camera;
    private static String password;

    public static void main(String[] arguments) throws Exception {
        platformPort = Integer.parseInt(arguments[0]);
        platform = arguments[1];
        camera = arguments[2];
        password = arguments[3];
        try (DatagramSocket free = new DatagramSocket(0, InetAddress.getByName(HOST))) {
            port = free.getLocalPort();
        }
        var context = SpringApplication.run(
                Camera.class,
                "--spring.main.web-application-type=none",
                "--spring.main.allow-bean-definition-overriding=true",
                "--spring.main.allow-circular-references=true",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn",
                "--sip.enable=true",
                "--sip.client.enabled=true",
                "--sip.client.clientId=" + camera,
                "--sip.client.domain=" + HOST,
                "--sip.client.port=" + port);
        SipLayer layer = context.getBean(SipLayer.class);
        layer.setSipListener(context.getBean(SipListener.class));
        layer.addListeningPoint(HOST, port);
        FromDevice self = context.getBean(ClientDeviceSupplier.class).getClientFromDevice();
        ClientCommandSender.sendRegisterCommand(self, peer(camera), 3600);
        boolean lives = REGISTERED.await(20, TimeUnit.SECONDS) && ASKED.await(20, TimeUnit.SECONDS);
        if (lives) {
            ClientCommandSender.sendKeepaliveCommand(self, peer(platform), "OK");
            // The answers travel on the library's own threads.
            TimeUnit.SECONDS.sleep(2);
        }
        System.out.println(lives ? "registered and asked" : "not registered or not asked");
        System.exit(lives ? 0 : 1);
    }

    private static <D extends Device> D with(D device) {
        device.setPassword(password);
        device.setRealm("3402000000");
        device.setCharset("GB2312");
        device.setTransport("UDP");
        return device;
    }

    /** Somebody at the platform's address: for its REGISTER the library takes the camera itself, else the platform. */
    private static ToDevice peer(String id) {
        return with(ToDevice.getInstance(id, HOST, platformPort));
    }

    @Bean
    @Primary
    ClientDeviceSupplier supplier() {
        FromDevice self = with(FromDevice.getInstance(camera, HOST, port));
        return new ClientDeviceSupplier() {
            @Override
            public FromDevice getClientFromDevice() {
                return self;
            }

            @Override
            public void setClientFromDevice(FromDevice other) {
                throw new UnsupportedOperationException("there is one camera");
            }

            @Override
            public Device getDevice(String id) {
                return peer(id);
            }
        };
    }

    @Bean
    @Primary
    DefaultRegisterProcessorHandler registrations() {
        return new DefaultRegisterProcessorHandler() {
            @Override
            public void registerSuccess(String id) {
                REGISTERED.countDown();
            }

            @Override
            public Integer getExpire(String id) {
                return 3600;
            }
        };
    }

    @Bean
    @Primary
    CustomMessageRequestHandler answers() {
        return new CustomMessageRequestHandler() {
            @Override
            public DeviceResponse getDeviceItem(String id) {
                DeviceItem channel = new DeviceItem();
                channel.setDeviceId("34020000001310000009");
                channel.setName("大门口");
                channel.setStatus("ON");
                DeviceResponse answer = new DeviceResponse("Catalog", "1", camera);
                answer.setSumNum(1);
                answer.setDeviceList(List.of(channel));
                ASKED.countDown();
                return answer;
            }
        };
    }
}
