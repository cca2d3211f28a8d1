/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.util.HashMap;
import java.util.Map;

/**
 * The elements of a catalogue item in the standard's order (GB/T 28181-2016 A.2.1.9). Those from {@link #PTZ_TYPE} on
 * stand within Info, yet equipment also writes them beside it: they are found in both places. Shared.
 */
public enum CatalogField {
    DEVICE_ID("DeviceID"),
    /** Of a notification alone: ON OFF VLOST DEFECT ADD DEL UPDATE. */
    EVENT("Event"),
    NAME("Name"),
    MANUFACTURER("Manufacturer"),
    MODEL("Model"),
    OWNER("Owner"),
    CIVIL_CODE("CivilCode"),
    BLOCK("Block"),
    ADDRESS("Address"),
    /** 1 when it has children. */
    PARENTAL("Parental"),
    /** Several are joined by a slash. */
    PARENT_ID("ParentID"),
    SAFETY_WAY("SafetyWay"),
    REGISTER_WAY("RegisterWay"),
    CERT_NUM("CertNum"),
    CERTIFIABLE("Certifiable"),
    ERR_CODE("ErrCode"),
    END_TIME("EndTime"),
    SECRECY("Secrecy"),
    IP_ADDRESS("IPAddress"),
    PORT("Port"),
    PASSWORD("Password"),
    STATUS("Status"),
    LONGITUDE("Longitude"),
    LATITUDE("Latitude"),
    PTZ_TYPE("PTZType"),
    POSITION_TYPE("PositionType"),
    ROOM_TYPE("RoomType"),
    USE_TYPE("UseType"),
    SUPPLY_LIGHT_TYPE("SupplyLightType"),
    DIRECTION_TYPE("DirectionType"),
    RESOLUTION("Resolution"),
    BUSINESS_GROUP_ID("BusinessGroupID"),
    DOWNLOAD_SPEED("DownloadSpeed"),
    SVC_SPACE_SUPPORT_MODE("SVCSpaceSupportMode"),
    SVC_TIME_SUPPORT_MODE("SVCTimeSupportMode");

    static final CatalogField[] VALUES = values();

    private static final Map<String, CatalogField> BY_ELEMENT = new HashMap<>();

    static {
        for (CatalogField field : VALUES) {
            BY_ELEMENT.put(field.element, field);
        }
    }

    private final String element;

    CatalogField(String element) {
        this.element = element;
    }

    public String element() {
        return element;
    }

    /** Whether it is written within Info. */
    public boolean isInInfo() {
        return ordinal() >= PTZ_TYPE.ordinal();
    }

    /** The field of that element name, or null for a vendor's own. */
    static CatalogField find(String element) {
        return BY_ELEMENT.get(element);
    }
}
