# SPDX-License-Identifier: GPL-2.0-only
"""A client of the datapath as one writes it in Python: messages declared with pyroute2, and its
sockets, which number and acknowledge every request. Some of what it asks is refused."""

import errno

from pyroute2.netlink import NLM_F_ACK, NLM_F_DUMP, NLM_F_ECHO, NLM_F_REQUEST, genlmsg, nla
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.generic import GenericNetlinkSocket

NEW, DEL, GET, SET = 1, 2, 3, 4
METER_FEATURES, METER_SET, METER_DEL, METER_GET = 1, 2, 3, 4
CT_LIMIT_GET = 3
CHANGE = NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO
ASK = NLM_F_REQUEST | NLM_F_ACK
DUMP = NLM_F_REQUEST | NLM_F_DUMP


class Message(genlmsg):
    fields = genlmsg.fields + (('dp', 'I'),)


class Datapath(Message):
    family, version = 'ovs_datapath', 2
    nla_map = (('UNSPEC', 'none'), ('NAME', 'asciiz'), ('UPCALL_PID', 'uint32'),
               ('STATS', 'hex'), ('MEGAFLOW_STATS', 'hex'), ('USER_FEATURES', 'uint32'),
               ('PAD', 'none'), ('MASKS_CACHE_SIZE', 'uint32'), ('PER_CPU_PIDS', 'hex'))


class Vport(Message):
    family, version = 'ovs_vport', 1
    nla_map = (('UNSPEC', 'none'), ('PORT_NO', 'uint32'), ('TYPE', 'uint32'), ('NAME', 'asciiz'),
               ('OPTIONS', 'options'), ('UPCALL_PID', 'uint32'), ('STATS', 'hex'),
               ('PAD', 'none'), ('IFINDEX', 'uint32'), ('NETNSID', 'uint32'))

    class options(nla):
        nla_map = (('UNSPEC', 'none'), ('DST_PORT', 'uint16'))


class Flow(Message):
    family, version = 'ovs_flow', 1
    nla_map = (('UNSPEC', 'none'), ('KEY', 'key'), ('ACTIONS', 'actions'), ('STATS', 'hex'),
               ('TCP_FLAGS', 'uint8'), ('USED', 'uint64'), ('CLEAR', 'flag'), ('MASK', 'key'),
               ('PROBE', 'flag'), ('UFID', 'hex'), ('UFID_FLAGS', 'uint32'), ('PAD', 'none'))

    class key(nla):
        nla_map = (('UNSPEC', 'none'), ('ENCAP', 'hex'), ('PRIORITY', 'uint32'),
                   ('IN_PORT', 'uint32'), ('ETHERNET', 'hex'), ('VLAN', 'be16'),
                   ('ETHERTYPE', 'be16'), ('IPV4', 'hex'), ('IPV6', 'hex'), ('TCP', 'hex'),
                   ('UDP', 'hex')) + tuple(('KEY_%d' % n, 'hex') for n in range(11, 33))

    class actions(nla):
        nla_map = (('UNSPEC', 'none'), ('OUTPUT', 'uint32'), ('USERSPACE', 'hex'), ('SET', 'hex'),
                   ('PUSH_VLAN', 'hex'), ('POP_VLAN', 'flag')) + \
            tuple(('ACTION_%d' % n, 'hex') for n in range(6, 24))


class Meter(Message):
    family, version = 'ovs_meter', 1
    nla_map = (('UNSPEC', 'none'), ('ID', 'uint32'), ('KBPS', 'flag'), ('STATS', 'hex'),
               ('BANDS', 'bands'), ('USED', 'uint64'), ('CLEAR', 'flag'),
               ('MAX_METERS', 'uint32'), ('MAX_BANDS', 'uint32'), ('PAD', 'none'))

    class bands(nla):
        nla_map = (('UNSPEC', 'band'),)

        class band(nla):
            nla_map = (('UNSPEC', 'none'), ('TYPE', 'uint32'), ('RATE', 'uint32'),
                       ('BURST', 'uint32'), ('STATS', 'hex'))


class CtLimit(Message):
    family, version = 'ovs_ct_limit', 1
    nla_map = (('UNSPEC', 'none'), ('LIMIT', 'hex'))


class Client:
    def __init__(self, message):
        self.message = message
        self.socket = GenericNetlinkSocket()
        self.socket.bind(message.family, message)

    def ask(self, command, flags, dp=0, **attributes):
        """The answers, or None when it was refused."""
        request = self.message()
        request.update(cmd=command, version=self.message.version, dp=dp)
        request['attrs'] = list(attributes.items())
        try:
            return list(self.socket.nlm_request(request, self.socket.prid, flags))
        except NetlinkError as error:
            print(self.message.family, command, errno.errorcode[error.code])
            return None

    def change(self, command, dp=0, **attributes):
        return self.ask(command, CHANGE, dp, **attributes)


def ipv4_key(port, last):
    """UDP from any address of 10.0.0.0/24 to one of it."""
    return {'attrs': [['IN_PORT', port],
                      ['ETHERNET', bytes.fromhex('0200000000010200000000%02x' % last)],
                      ['ETHERTYPE', 0x0800],
                      ['IPV4', bytes.fromhex('0a0000010a0000%02x11004000' % last)],
                      ['UDP', bytes.fromhex('%04x0035' % (1000 + last))]]}


def actions(*ports):
    return {'attrs': [['OUTPUT', port] for port in ports]}


def flows(client, dp):
    for last in range(1, 101):
        client.change(NEW, dp, KEY=ipv4_key(1, last), ACTIONS=actions(2))
    client.change(NEW, dp, KEY=ipv4_key(1, 1), ACTIONS=actions(2))
    client.change(NEW, dp, KEY={'attrs': [['ETHERTYPE', 0x0800]]}, ACTIONS=actions(2))
    for last in range(1, 101, 3):
        client.change(SET, dp, KEY=ipv4_key(1, last), ACTIONS=actions(2, 1))
    client.ask(GET, ASK, dp, KEY=ipv4_key(1, 7))
    client.ask(GET, DUMP, dp)
    for last in range(1, 101, 2):
        client.change(DEL, dp, KEY=ipv4_key(1, last))
    client.change(DEL, dp, KEY=ipv4_key(1, 1))
    client.ask(GET, DUMP, dp)
    client.change(DEL, dp)


def ports(client, dp):
    client.change(NEW, dp, NAME='p1', TYPE=2, UPCALL_PID=0)
    client.change(NEW, dp, NAME='p2', TYPE=2, UPCALL_PID=0)
    client.change(NEW, dp, NAME='p2', TYPE=2, UPCALL_PID=0)
    client.change(NEW, dp, NAME='nowhere', TYPE=1, UPCALL_PID=0)
    client.change(NEW, dp, NAME='tunnel', TYPE=4, UPCALL_PID=0,
                  OPTIONS={'attrs': [['DST_PORT', 4789]]})
    client.ask(GET, DUMP, dp)
    client.ask(GET, ASK, dp, NAME='p1')
    client.ask(GET, ASK, dp, PORT_NO=77)
    client.change(SET, dp, NAME='p1', UPCALL_PID=4242)
    client.change(DEL, dp, NAME='tunnel')


def meters(client, dp):
    band = {'attrs': [['UNSPEC', {'attrs': [['TYPE', 1], ['RATE', 100], ['BURST', 10]]}]]}

    client.ask(METER_FEATURES, ASK, dp)
    client.change(METER_SET, dp, ID=7, KBPS=True, BANDS=band)
    client.ask(METER_GET, ASK, dp, ID=7)
    client.ask(METER_GET, ASK, dp, ID=8)
    client.change(METER_DEL, dp, ID=7)


def main():
    datapath, vport, flow = Client(Datapath), Client(Vport), Client(Flow)

    dp = datapath.change(NEW, NAME='py0', UPCALL_PID=0, USER_FEATURES=1)[0]['dp']
    datapath.change(NEW, NAME='py0', UPCALL_PID=0)
    datapath.change(NEW, UPCALL_PID=0)
    datapath.ask(GET, DUMP)
    ports(vport, dp)
    flows(flow, dp)
    meters(Client(Meter), dp)
    Client(CtLimit).ask(CT_LIMIT_GET, ASK, dp, LIMIT=b'')
    datapath.change(SET, dp, MASKS_CACHE_SIZE=512)
    datapath.change(SET, dp, USER_FEATURES=1 << 30)
    datapath.change(DEL, dp)
    datapath.ask(GET, ASK, dp)


main()
