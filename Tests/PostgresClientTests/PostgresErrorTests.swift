import Model
import Testing

@testable import PostgresClient

@Suite struct PostgresErrorTests {
  private static let texts: [(String, FailureReason, String?)] = [
    (
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication failed\n"
        + "LOCATION:  auth_failed, auth.c:335\n",
      FailureReason.authentication, "28P01"
    ),
    ("connection to server failed: FATAL:  57P03: the database system is starting up", .refused, "57P03"),
    ("connection to server failed: KATASTROPHAL:  53300: sorry, too many clients already", .limit, "53300"),
    ("connection to server failed: FATAL:  3D000: database \"x\" does not exist", .missing, "3D000"),
    ("connection to server failed: Connection refused\n\tIs the server running?", .refused, nil),
    ("connection to server failed: No route to host", .unreachable, nil),
    ("SSL error: certificate verify failed", .certificateInvalid, nil),
    ("server certificate for \"a\" does not match host name \"b\"", .certificateName, nil),
    ("server does not support SSL, but SSL was required", .tlsHandshake, nil),
    ("server closed the connection unexpectedly", .reset, nil),
    ("something quite new", .other, nil),
  ]

  @Test(arguments: texts)
  func libpqTextsHaveReasons(text: String, reason: FailureReason, code: String?) {
    let error = PostgresError.connecting(text)
    #expect(error.reason == reason)
    #expect(error.sqlState == code)
    #expect(!error.message.contains("\n") && !error.message.contains("LOCATION"))
    if let code { #expect(!error.message.contains(code)) }
  }

  @Test func passwordsStayInside() throws {
    let parameters = try ConnectionParameters(.text("host=127.0.0.1 password=s3cret"), timeout: .seconds(1))
    #expect(parameters.redacting("it was s3cret, really") == "it was ***, really")
    // libpq's own complaint would quote the string.
    let broken = DSNSource.text("host=127.0.0.1 password=s3cret s3cret")
    let error = #expect(throws: PostgresError.self) {
      _ = try ConnectionParameters(broken, timeout: .seconds(1))
    }
    #expect(error?.reason == .configuration)
    #expect(error.map { !"\($0)".contains("s3cret") } == true)
  }

  @Test func everyHostBecomesItsAddresses() throws {
    let values = try ConnectionParameters(
      .text("postgresql://u@127.0.0.1:1,localhost:2/db?target_session_attrs=primary"), timeout: .seconds(3)
    ).values
    let hosts = values["host"]?.split(separator: ",").map(String.init) ?? []
    let addresses = values["hostaddr"]?.split(separator: ",").map(String.init) ?? []
    let ports = values["port"]?.split(separator: ",").map(String.init) ?? []
    #expect(hosts.count >= 2 && hosts.count == addresses.count && hosts.count == ports.count)
    #expect(hosts[0] == "127.0.0.1" && addresses[0] == "127.0.0.1" && ports[0] == "1")
    #expect(hosts.dropFirst().allSatisfy { $0 == "localhost" } && ports.dropFirst().allSatisfy { $0 == "2" })
    #expect(values["target_session_attrs"] == "primary")
    #expect(values["application_name"] == "farwatch")
    #expect(values["tcp_user_timeout"] == "3000")
  }

  @Test func unknownNameIsADNSFailure() {
    let source = DSNSource.text("host=no-such-host.invalid")
    let error = #expect(throws: PostgresError.self) {
      _ = try ConnectionParameters(source, timeout: .seconds(1))
    }
    #expect(error?.reason == .dns)
  }
}
