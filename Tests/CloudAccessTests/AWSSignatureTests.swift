import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)

@Suite struct AWSSignatureTests {
  /// The same requests, signed by AWS' own library, have the same signatures.
  @Test func agreesWithBotocore() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    var ours: [String] = []
    var lines: [String] = []
    for _ in 0..<300 {
      let (request, signature, now) = Self.request(&random)
      var signed = request
      try signature.sign(&signed, at: now)
      ours.append(signed.headers.first { $0.name == "Authorization" }?.value ?? "")
      lines.append(try Self.line(request, signature, now))
    }
    let folder = try TemporaryDirectory()
    let file = try folder.write("requests", lines.joined(separator: "\n"))
    let python = try PythonEnvironment()
    let text = try await ChildProcess.run([python.interpreter, "-c", Self.script, file])
    let theirs = text.split(separator: "\n").map(String.init)
    #expect(theirs.count == ours.count, "\(text.suffix(1000))")
    for (place, pair) in zip(ours, theirs).enumerated() where pair.0 != pair.1 {
      Issue.record("seed \(seed): \(lines[place])\nours   \(pair.0)\ntheirs \(pair.1)")
      break
    }
  }

  private static let script = """
    import sys, json, datetime
    import botocore.auth
    from botocore.auth import SigV4Auth, S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    for line in open(sys.argv[1], encoding='utf-8'):
      j = json.loads(line)
      now = datetime.datetime.fromtimestamp(j['now'], datetime.timezone.utc).replace(tzinfo=None)
      class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls): return now
        @classmethod
        def now(cls, tz=None): return now.replace(tzinfo=tz)
      if hasattr(botocore.auth, 'get_current_datetime'):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now
      botocore.auth.datetime.datetime = Fixed if hasattr(botocore.auth.datetime, 'datetime') else None
      request = AWSRequest(method=j['method'], url=j['url'], data=j['body'].encode(), headers=dict(j['headers']))
      credentials = Credentials(j['id'], j['secret'], j['token'] or None)
      if j['form'] == 'unsigned':
        class Client: s3 = {'payload_signing_enabled': False}
        request.context['client_config'] = Client
      signer = SigV4Auth if j['form'] == 'general' else S3SigV4Auth
      signer(credentials, j['service'], j['region']).add_auth(request)
      print(request.headers['Authorization'])
    """

  private static func request(_ random: inout SeededNumbers) -> (HTTPRequest, AWSSignature, Timestamp) {
    func text(_ most: Int) -> String {
      let alphabet = Array("abcXYZ019 /+=&%?#~-_.'\"\\<>äß漢🜁\n\t;:@!$*()[]")
      return String((0..<Int.random(in: 0...most, using: &random)).map { _ in random.pick(alphabet) })
    }
    let host = random.pick(["sns.us-east-1.amazonaws.com", "127.0.0.1:4566", "localhost", "[::1]:8080"])
    let form = random.pick([AWSSignature.Form.general, .objectStore, .objectStoreUnsignedBody])
    var path = random.pick([form == .general ? "" : "/", "/", "/a/b-c_d~e.f/"])
    if random.chance(50) {
      let parts = (0..<3).map { _ in
        random.pick([percentEncoded(text(6)), "a", "", ".", "x.y", "..", "a%20b"])
      }
      path = "/" + parts.joined(separator: "/")
    }
    // A path of two slashes is read as a host by urlsplit.
    if path.hasPrefix("//") { path = "/a" + path }
    var url = "\(random.pick(["http", "https"]))://\(host)\(path)"
    if random.chance(30) {
      url += url.hasSuffix("/") ? "" : "/"
      let pairs = (0..<3).map { _ in
        random.chance(20)
          ? "uploads" : "\(random.pick(["b", "a", "Z", "list-type"]))=\(percentEncoded(text(6)))"
      }
      url += "?\(pairs.joined(separator: "&"))"
    }
    let body = FormBody.text((0..<4).map { _ in (text(5), text(40)) })
    var request = HTTPRequest(
      method: random.pick(["POST", "GET"]), url: url, body: Array(body.utf8), timeout: .seconds(1))
    request.headers = [HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
    if random.chance(50) { request.headers.append(HTTPHeader("X-Amz-Odd", "  two   words ")) }
    if random.chance(50) { request.headers.append(HTTPHeader("Range", "bytes=-4096")) }
    let credentials = AWSCredentials(
      accessKeyID: "AKIA\(random.next())", secretAccessKey: "s/+\(text(20))=",
      sessionToken: random.chance(50) ? "token/+==\(random.next())" : nil)
    let signature = AWSSignature(
      credentials: credentials, region: random.pick(["us-east-1", "ap-northeast-1", "cn-north-1"]),
      service: form == .general ? "sns" : "s3", form: form)
    let now = Timestamp(milliseconds: Int64.random(in: 1_000_000_000...4_000_000_000, using: &random) * 1000)
    return (request, signature, now)
  }

  private static func line(_ request: HTTPRequest, _ signature: AWSSignature, _ now: Timestamp) throws
    -> String
  {
    let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
    let object: [String: Any] = [
      "method": request.method, "url": request.url, "body": String(decoding: request.body, as: UTF8.self),
      "headers": headers, "id": signature.credentials.accessKeyID,
      "secret": signature.credentials.secretAccessKey, "token": signature.credentials.sessionToken ?? "",
      "region": signature.region, "service": signature.service,
      "form": "\(signature.form)".hasSuffix("Body") ? "unsigned" : "\(signature.form)",
      "now": now.milliseconds / 1000,
    ]
    return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
  }

  @Test func secretsOfTheRequestStayAtItsOrigin() throws {
    var request = HTTPRequest(url: "https://sns.us-east-1.amazonaws.com/")
    let credentials = AWSCredentials(accessKeyID: "A", secretAccessKey: "B", sessionToken: "C")
    try AWSSignature(credentials: credentials, region: "r", service: "sns").sign(&request, at: start)
    #expect(request.headers.filter(\.isSecret).map(\.name) == ["X-Amz-Security-Token", "Authorization"])
    var broken = HTTPRequest(url: "no url")
    #expect(throws: AWSSignatureFailure.self) {
      try AWSSignature(credentials: credentials, region: "r", service: "sns").sign(&broken, at: start)
    }
  }

  @Test func sharedCredentialsFiles() throws {
    let text = """
      # made by hand
      [default]
      aws_access_key_id = AKIA1
      aws_secret_access_key=a=b==
      [ pager ]\r
        aws_access_key_id=AKIA2\r
      AWS_SECRET_ACCESS_KEY = s2 \r
      aws_session_token = t
      ; the end
      [empty]
      """
    #expect(
      try AWSCredentialsFile.read(text, profile: "default")
        == AWSCredentials(accessKeyID: "AKIA1", secretAccessKey: "a=b=="))
    #expect(
      try AWSCredentialsFile.read(text, profile: "pager")
        == AWSCredentials(accessKeyID: "AKIA2", secretAccessKey: "s2", sessionToken: "t"))
    #expect(throws: AWSCredentialsFile.Failure.noProfile("x")) {
      try AWSCredentialsFile.read(text, profile: "x")
    }
    #expect(throws: AWSCredentialsFile.Failure.missing(key: "aws_access_key_id", profile: "empty")) {
      try AWSCredentialsFile.read(text, profile: "empty")
    }
    #expect(throws: AWSCredentialsFile.Failure.noValue(line: 2)) {
      try AWSCredentialsFile.read("[a]\nrubbish", profile: "a")
    }
  }
}

/// What AWS' errors mean.
