/// A name server that answers rightly or wrongly by what the first label of the asked name says; see the script.
/// UDP and TCP on one loopback port.
package final class ScriptedNameServer: Sendable {
  package let port: Int
  private let process: ChildProcess

  package init() async throws { (process, port) = try await PythonEnvironment().serve(Self.script) }

  deinit { process.stop() }

  /// What was asked so far: `udp wrongid.test`.
  package var questions: [String] {
    process.output.split(separator: "\n").filter { $0.hasPrefix("asked ") }.map { String($0.dropFirst(6)) }
  }

  private static let script = """
    import socket, socketserver, struct, threading, time
    from dnslib import *

    seen = {}
    def handle(data, transport, send):
        request = DNSRecord.parse(data)
        name = str(request.q.qname)
        word = name.split('.')[0]
        seen[name] = seen.get(name, 0) + 1
        print('asked', transport, name.rstrip('.'), flush=True)
        reply = request.reply()
        def add(ip='192.0.2.1', ttl=300, owner=None):
            reply.add_answer(RR(owner or request.q.qname, QTYPE.A, rdata=A(ip), ttl=ttl))
        options = [r for r in request.ar if r.rtype == QTYPE.OPT]
        if word == 'silent' or word == 'lost' and seen[name] == 1 or word == 'cuthang' and transport == 'tcp':
            return
        if word == 'hangup' and transport == 'tcp':
            raise SystemExit
        if word == 'slow':
            time.sleep(0.3); add()
        elif word in ('cut', 'cuthang', 'cutrefuse') and transport == 'udp':
            reply.header.tc = 1
        elif word == 'cut':
            for n in range(100): add('192.0.2.%d' % n)
        elif word == 'big':
            for n in range(60): add('192.0.2.%d' % n)
        elif word == 'servfail':
            reply.header.rcode = RCODE.SERVFAIL
        elif word == 'refused':
            reply.header.rcode = RCODE.REFUSED
        elif word == 'old' and options:
            reply.header.rcode = RCODE.FORMERR
        elif word == 'spoofed':
            # Others' answers first: another id, another question, noise; the right one at the end.
            wrong = request.reply(); wrong.add_answer(RR(request.q.qname, QTYPE.A, rdata=A('198.51.100.66')))
            wrong.header.id = request.header.id ^ 1
            send(wrong.pack()); send(b'noise'); send(b'\\0' * 200)
            other = DNSRecord.question('other.test').reply(); other.header.id = request.header.id
            other.add_answer(RR('other.test', QTYPE.A, rdata=A('198.51.100.66')))
            send(other.pack()); add()
        elif word == 'garbage':
            packed = request.reply().pack()
            send(packed[:6] + b'\\x00\\x09' + packed[8:] + b'\\xff\\xfe\\xfd'); return
        elif word == 'circle':
            reply.add_answer(RR('circle.test', QTYPE.CNAME, rdata=CNAME('b.test'), ttl=5))
            reply.add_answer(RR('b.test', QTYPE.CNAME, rdata=CNAME('circle.test'), ttl=7))
        elif word == 'stranger':
            add(owner='stranger.example')
        elif word == 'alias':
            reply.add_answer(RR(request.q.qname, QTYPE.CNAME, rdata=CNAME('Edge-1.TW.example'), ttl=20))
            add(owner='edge-1.tw.example', ttl=300)
        elif word == 'subnet':
            ip, scope = '192.0.2.99', None
            for option in (options[0].rdata if options else []):
                if option.code == 8:
                    ip = '192.0.2.%d' % option.data[4]; scope = option.data[:3] + bytes([24]) + option.data[4:]
            add(ip)
            if scope: reply.add_ar(RR(rtype=QTYPE.OPT, rclass=1232, rdata=[EDNSOption(8, scope)]))
        else:
            add()
        send(reply.pack())

    class UDP(socketserver.BaseRequestHandler):
        def handle(self):
            handle(self.request[0], 'udp', lambda b: self.request[1].sendto(b, self.client_address))

    class TCP(socketserver.BaseRequestHandler):
        def handle(self):
            f = self.request.makefile('rb')
            while True:
                head = f.read(2)
                if len(head) < 2: return
                data = f.read(struct.unpack('>H', head)[0])
                handle(data, 'tcp', lambda b: self.request.sendall(struct.pack('>H', len(b)) + b))

    class UDPServer(socketserver.ThreadingMixIn, socketserver.UDPServer): daemon_threads = True
    class TCPServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
        daemon_threads = True; allow_reuse_address = True
    while True:
        # A port that is free for one may be taken for the other.
        udp = UDPServer(('127.0.0.1', 0), UDP)
        port = udp.server_address[1]
        try:
            tcp = TCPServer(('127.0.0.1', port), TCP); break
        except OSError:
            udp.server_close()
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    print('port', port, flush=True)
    udp.serve_forever()
    """
}
