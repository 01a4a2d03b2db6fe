import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

/// Signatures with an account's key, compared with those of Azure's own client.
@Suite struct AzureSharedKeyTests {
  private static let script = """
    import sys, json
    from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
    class Request: pass
    class Pipeline: pass
    for line in open(sys.argv[1], encoding='utf-8'):
      j = json.loads(line)
      request = Request()
      request.method, request.url, request.headers = j['method'], j['url'], dict(j['headers'])
      request.query = {}
      from urllib.parse import urlparse, unquote
      for part in urlparse(j['url']).query.split('&'):
        if part: request.query[unquote(part.split('=', 1)[0])] = part.split('=', 1)[1]
      whole = Pipeline()
      whole.http_request = request
      whole.context = Pipeline()
      whole.context.transport = None
      SharedKeyCredentialPolicy(j['account'], j['key']).on_request(whole)
      print(request.headers['Authorization'])
    """

  @Test func signaturesAreThoseOfAzuresClient() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let key = Data((0..<64).map { UInt8(truncatingIfNeeded: $0 &* 7) }).base64EncodedString()
    let signer = try AzureSharedKey(account: "pilot", key: key)
    var lines: [String] = []
    var ours: [String] = []
    for round in 0..<300 {
      var url = random.pick(["https://pilot.blob.core.windows.net", "http://127.0.0.1:10000/pilot"])
      url += random.pick(["/backups", "/backups/2026/a%20b.sql.gz", "/backups/%E6%97%A5"])
      let prefix = percentEncoded(random.pick(["", "db/ä b", "a&b=c", "x+y%", "日/"]))
      let marker = percentEncoded("2!108!MDAw\(round)==")
      if random.chance(70) {
        url += "?restype=container&comp=list&prefix=\(prefix)"
        if random.chance(50) { url += "&marker=\(marker)&include=uncommittedblobs" }
      }
      var request = HTTPRequest(method: "GET", url: url, timeout: .seconds(1))
      request.headers = [HTTPHeader("x-ms-version", "2020-10-02")]
      if random.chance(50) { request.headers.append(HTTPHeader("Range", "bytes=5-\(round + 5)")) }
      if random.chance(50) { request.headers.append(HTTPHeader("If-Match", "\"0x8D\(round)\"")) }
      let now = Timestamp(milliseconds: Int64.random(in: 1_000_000...4_000_000_000, using: &random) * 1000)
      try signer.sign(&request, at: now)
      ours.append(try #require(request.headers.first { $0.name == "Authorization" }?.value))
      let headers = request.headers.filter { $0.name != "Authorization" }
      // The client signs a range under its own name for it.
      let pairs = headers.map { ($0.name == "Range" ? "byte_range" : $0.name, $0.value) }
      let object: [String: Any] = [
        "method": "GET", "url": url, "headers": Dictionary(pairs) { a, _ in a }, "account": "pilot",
        "key": key,
      ]
      lines.append(String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self))
    }
    let folder = try TemporaryDirectory()
    let file = try folder.write("requests", lines.joined(separator: "\n") + "\n")
    let process = try PythonEnvironment().start(Self.script, [file])
    #expect(try await process.wait() == .code(0), "\(process.output)")
    let theirs = process.output.split(separator: "\n").map(String.init)
    #expect(theirs.count == ours.count)
    for (place, pair) in zip(ours, theirs).enumerated() where pair.0 != pair.1 {
      Issue.record("seed \(seed): \(lines[place]): \(pair.0), not \(pair.1)")
      return
    }
  }

  @Test func aKeyThatIsNoneIsRefused() {
    #expect(throws: AzureSharedKey.Failure.self) { try AzureSharedKey(account: "a", key: "no base64!") }
    #expect(throws: AzureSharedKey.Failure.self) { try AzureSharedKey(account: "a", key: "") }
  }
}
