/// Stands between a client and a PostgreSQL server and hands on statements that no PostgreSQL knows as ones that it does:
/// a statement of the table, to the letter, becomes the other one; everything else passes as it is. Without TLS.
package final class StatementRewriter: Sendable {
  package let port: Int
  private let child: ChildProcess
  private let directory: TemporaryDirectory

  /// - Parameter statements: what a client says, and what the server hears.
  package init(server: Int, _ statements: [String: String]) async throws {
    port = try freeLoopbackPort()
    directory = try TemporaryDirectory("farwatch-rewriter")
    let script = try directory.write("rewriter.py", Self.script)
    let pairs = statements.flatMap { [$0.key, $0.value] }
    child = try ChildProcess(["python3", script, "\(port)", "\(server)"] + pairs)
    let child = child
    try await waitUntil("the rewriter listens: \(child.output)") { child.output.contains("listening") }
  }

  deinit { child.stop(with: 9) }

  /// Protocol 3: one untyped message first, then type, length, body; `P` (Parse) holds name and statement.
  private static let script = """
    from socket import socket, create_connection, SHUT_RDWR, SOL_SOCKET, SO_REUSEADDR
    from struct import pack, unpack
    from sys import argv
    from threading import Thread
    port, server = int(argv[1]), int(argv[2])
    table = dict(zip(argv[3::2], argv[4::2]))
    def exactly(s, n):
      data = b""
      while len(data) < n:
        more = s.recv(n - len(data))
        if not more: raise EOFError
        data += more
      return data
    def down(a, b):
      try:
        while True:
          data = a.recv(65536)
          if not data: break
          b.sendall(data)
      except OSError: pass
      for s in (a, b):
        try: s.shutdown(SHUT_RDWR)
        except OSError: pass
    def up(client, database):
      try:
        size = exactly(client, 4)
        database.sendall(size + exactly(client, unpack("!I", size)[0] - 4))
        while True:
          head = exactly(client, 5)
          body = exactly(client, unpack("!I", head[1:])[0] - 4)
          if head[:1] == b"P":
            name, text, rest = body.split(b"\\0", 2)
            text = table.get(text.decode(), text.decode()).encode()
            body = name + b"\\0" + text + b"\\0" + rest
          database.sendall(head[:1] + pack("!I", len(body) + 4) + body)
      except (EOFError, OSError): pass
      for s in (client, database):
        try: s.shutdown(SHUT_RDWR)
        except OSError: pass
    listener = socket()
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(50)
    print("listening", flush=True)
    while True:
      client, _ = listener.accept()
      database = create_connection(("127.0.0.1", server))
      for body, pair in ((up, (client, database)), (down, (database, client))):
        Thread(target=body, args=pair, daemon=True).start()
    """
}
