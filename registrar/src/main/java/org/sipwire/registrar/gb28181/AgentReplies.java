/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpRoot;

/**
 * Turns what a platform asks and commands into answers: MESSAGEs of the agent's own, with the command, SN and DeviceID of the question.
 * Confined to the agent's loop.
 */
final class AgentReplies {
    private final DeviceAgent agent;
    private final DeviceAnswers answers;

    AgentReplies(DeviceAgent agent, DeviceAnswers answers) {
        this.agent = agent;
        this.answers = answers;
    }

    /** Takes a body that was answered 200. */
    void received(Manscdp message) {
        if (message instanceof Manscdp.Query query) {
            query(query);
        } else if (message instanceof Manscdp.DeviceControl control) {
            boolean done = agent.listener().onControl(control);
            if (control.command().isAnswered()) {
                result(control, done);
            }
        } else if (message instanceof Manscdp.DeviceConfig config) {
            result(config, agent.listener().onConfigure(config));
        } else if (message instanceof Manscdp.Broadcast broadcast) {
            result(broadcast, agent.listener().onBroadcast(broadcast));
        } else {
            agent.listener().onMessage(message);
        }
    }

    private void query(Manscdp.Query query) {
        long sn = query.sn();
        String id = query.deviceId();
        switch (query.cmdType()) {
            case CATALOG ->
                list(
                        query,
                        answers.catalog(query),
                        (all, some) -> new Manscdp.Catalog(ManscdpRoot.RESPONSE, sn, id, all, some));
            case DEVICE_INFO -> {
                Manscdp.DeviceInfo info = answers.deviceInfo(query);
                reply(
                        query,
                        info == null
                                ? null
                                : new Manscdp.DeviceInfo(
                                        sn,
                                        id,
                                        info.result(),
                                        info.deviceName(),
                                        info.manufacturer(),
                                        info.model(),
                                        info.firmware(),
                                        info.channels()));
            }
            case DEVICE_STATUS -> {
                Manscdp.DeviceStatus status = answers.deviceStatus(query);
                reply(
                        query,
                        status == null
                                ? null
                                : new Manscdp.DeviceStatus(
                                        sn,
                                        id,
                                        status.result(),
                                        status.online(),
                                        status.status(),
                                        status.reason(),
                                        status.encode(),
                                        status.record(),
                                        status.deviceTime(),
                                        status.alarms()));
            }
            case RECORD_INFO ->
                answers.recordings(
                        query,
                        found -> agent.run(() -> list(
                                query,
                                found,
                                (all, some) -> new Manscdp.RecordInfo(
                                        sn, id, agent.config().deviceId(), all, some))));
            case CONFIG_DOWNLOAD -> configuration(query, answers.configuration(query));
            case PRESET_QUERY -> {
                List<Manscdp.Preset> presets = answers.presets(query);
                reply(query, presets == null ? null : new Manscdp.PresetList(sn, id, presets));
            }
            case ALARM -> result(query, true);
            default -> reply(query, answers.other(query));
        }
    }

    /** Makes one part of a list. */
    private interface Part<T> {
        Manscdp of(int all, List<T> some);
    }

    private <T> void list(Manscdp.Query query, List<T> items, Part<T> part) {
        if (items == null) {
            result(query, false);
            return;
        }
        List<T> copy = List.copyOf(items);
        queue(AgentParts.split(
                copy, agent.config().itemsPerPart(), some -> call -> agent.message(part.of(copy.size(), some), call)));
    }

    /** The first Response says that it works, and there is one more for each block (GB/T 28181-2016 A.2.6.9). */
    private void configuration(Manscdp.Query query, Map<String, Map<String, String>> blocks) {
        if (blocks == null || blocks.isEmpty()) {
            result(query, false);
            return;
        }
        List<Consumer<ClientCall>> each = new ArrayList<>();
        blocks.forEach((name, fields) -> each.add(call -> agent.message(
                new Manscdp.ConfigDownload(query.sn(), query.deviceId(), "OK", Map.of(name, fields)), call)));
        queue(each.iterator());
    }

    private void reply(Manscdp.Query query, Manscdp answer) {
        if (answer == null) {
            result(query, false);
        } else {
            queue(List.<Consumer<ClientCall>>of(call -> agent.message(answer, call))
                    .iterator());
        }
    }

    private void result(Manscdp to, boolean ok) {
        Manscdp result = new Manscdp.Result(to.cmdType(), to.sn(), to.deviceId(), ok ? "OK" : "ERROR");
        queue(List.<Consumer<ClientCall>>of(call -> agent.message(result, call)).iterator());
    }

    private void queue(Iterator<Consumer<ClientCall>> parts) {
        agent.parts().add(parts);
    }

    List<Manscdp.Position> positions() {
        return answers.positions();
    }

    /** The channels that do not work, as a notification names them. */
    List<CatalogItem> faults() {
        Manscdp.Query query =
                new Manscdp.Query(CmdType.CATALOG, 0, agent.config().deviceId(), Map.of());
        List<CatalogItem> off = new ArrayList<>();
        for (CatalogItem item : answers.catalog(query)) {
            if (!item.isOn()) {
                off.add(CatalogItem.of(Map.of(CatalogField.DEVICE_ID, item.deviceId(), CatalogField.EVENT, "OFF")));
            }
        }
        return off;
    }
}
