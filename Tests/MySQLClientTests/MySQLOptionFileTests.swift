import FarwatchTesting
import MySQLClient
import Testing

@Suite struct MySQLOptionFileTests {
  @Test func readsTheClientsGroups() throws {
    let file = try MySQLOptionFile(
      """
      # a comment
      [mysqld]
      port = 1
      [client]
      host = db.example  # the primary
      ssl_ca=/etc/ca.pem
      password = "a#b\\"c \\\\ d"
      user = 'it\\'s'
      compress
      [client-mariadb]
      PORT=3307
      """)
    #expect(
      file.values == [
        "host": "db.example", "ssl-ca": "/etc/ca.pem", "password": "a#b\"c \\ d", "user": "it's",
        "compress": "",
        "port": "3307",
      ])
  }

  @Test func saysWhatItDoesNotFollow() {
    let included = #expect(throws: MySQLOptionFile.Malformed.self) {
      try MySQLOptionFile("[client]\n!include /etc/other.cnf")
    }
    #expect(included?.description == "line 2: `!include` is not followed")
    let open = #expect(throws: MySQLOptionFile.Malformed.self) { try MySQLOptionFile("[client") }
    #expect(open?.line == 1)
    #expect(throws: MySQLOptionFile.Malformed.self) { try MySQLOptionFile("[client]\n= x") }
  }

  @Test func anyBytesEndWell() {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    let parts = [
      "[client]", "\n", "=", "\"", "'", "\\", "#", " ", "host", "!", "[", "]", "é", "\r\n", "\0", ";",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0..<30, using: &numbers)).map { _ in numbers.pick(parts) }.joined()
      do {
        for value in try MySQLOptionFile(text).values.values {
          #expect(value.count <= text.count, "seed \(seed)")
        }
      } catch { #expect(error.line >= 1, "seed \(seed)") }
    }
  }
}
