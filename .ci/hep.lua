-- SPDX-License-Identifier: Apache-2.0
-- Reads HEP version 3 in tshark, which has no dissector of its own for it, and hands what is within to that of SIP: chunk by chunk as
-- the specification has them, and anything else is malformed.
local hep = Proto("hep", "Homer Encapsulation Protocol")
local sizes = { [1] = 1, [2] = 1, [3] = 4, [4] = 4, [5] = 16, [6] = 16, [7] = 2, [8] = 2, [9] = 4, [10] = 4, [11] = 1, [12] = 4 }
local names = { [1] = "Address family", [2] = "IP protocol", [3] = "Source IPv4", [4] = "Destination IPv4", [5] = "Source IPv6",
    [6] = "Destination IPv6", [7] = "Source port", [8] = "Destination port", [9] = "Seconds", [10] = "Microseconds",
    [11] = "Protocol", [12] = "Capture agent", [15] = "Payload" }
local source_port = ProtoField.uint16("hep.srcport", "Source port")
local agent = ProtoField.uint32("hep.agent", "Capture agent")
local broken = ProtoExpert.new("hep.broken", "This is no HEP 3 packet", expert.group.MALFORMED, expert.severity.ERROR)
hep.fields = { source_port, agent }
hep.experts = { broken }

function hep.dissector(buffer, packet, tree)
    local part = tree:add(hep, buffer())
    if buffer:len() < 6 or buffer(0, 4):string() ~= "HEP3" or buffer(4, 2):uint() ~= buffer:len() then
        part:add_proto_expert_info(broken)
        return
    end
    packet.cols.protocol = "HEP"
    local at, seen, payload = 6, {}, nil
    while at < buffer:len() do
        local vendor, kind, length = buffer(at, 2):uint(), buffer(at + 2, 2):uint(), buffer(at + 4, 2):uint()
        if vendor ~= 0 or length < 6 or at + length > buffer:len() or names[kind] == nil or seen[kind]
            or (sizes[kind] and sizes[kind] ~= length - 6) then
            part:add_proto_expert_info(broken)
            return
        end
        local value = buffer(at + 6, length - 6)
        seen[kind] = value
        if kind == 7 then
            part:add(source_port, value)
        elseif kind == 12 then
            part:add(agent, value)
        elseif kind == 15 then
            payload = value
        else
            part:add(buffer(at, length), names[kind] .. ": " .. tostring(value))
        end
        at = at + length
    end
    local ipv6 = seen[1] and seen[1]:uint() == 10
    local addresses = ipv6 and seen[5] and seen[6] or not ipv6 and seen[3] and seen[4]
    if not (addresses and seen[2] and seen[7] and seen[8] and seen[9] and seen[10] and seen[12] and payload and seen[11]:uint() == 1) then
        part:add_proto_expert_info(broken)
        return
    end
    Dissector.get("sip"):call(payload:tvb(), packet, tree)
end
DissectorTable.get("udp.port"):add_for_decode_as(hep)
