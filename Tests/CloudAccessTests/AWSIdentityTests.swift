import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

private let now = Timestamp(year: 2026, month: 1, day: 1)
private let key = AWSCredentials(accessKeyID: "A", secretAccessKey: "S", sessionToken: "T")
private let other = AWSCredentials(accessKeyID: "B", secretAccessKey: "S")

@Suite struct AWSCredentialsStateTests {
  private func later(_ seconds: Int) -> (Timestamp, MonotonicInstant) {
    (now + .seconds(seconds), MonotonicInstant(nanoseconds: Int64(seconds) * 1_000_000_000))
  }
  private func ask(_ state: inout AWSCredentialsState, _ seconds: Int) -> AWSCredentialsState.Step {
    let (wall, monotonic) = later(seconds)
    return state.ask(wall, monotonic)
  }

  @Test func oneFetchServesAllAndIsRenewedBesideThem() {
    var state = AWSCredentialsState()
    #expect(ask(&state, 0) == .wait(fetch: true))
    #expect(ask(&state, 0) == .wait(fetch: false))
    let (wall, monotonic) = later(1)
    let good = AWSTimedCredentials(key, expires: now + .seconds(3600))
    #expect(state.fetched(.success(good), wall, monotonic) == .success(key))
    #expect(ask(&state, 2) == .use(key, refresh: false))
    #expect(ask(&state, 2690) == .use(key, refresh: false))
    // A quarter of its life, and 15 minutes at most, before the end.
    #expect(ask(&state, 2701) == .use(key, refresh: true))
    #expect(ask(&state, 2702) == .use(key, refresh: false))
    let (then, tick) = later(2703)
    // The renewal failed: what is held is still good.
    #expect(state.fetched(.failure(AWSFailure(.timeout, "x")), then, tick) == .success(key))
    #expect(ask(&state, 2703) == .use(key, refresh: false))
    #expect(ask(&state, 2704) == .use(key, refresh: true))
    let (end, last) = later(2705)
    _ = state.fetched(.failure(AWSFailure(.timeout, "x")), end, last)
    // Less than a minute is left: not used any more.
    #expect(ask(&state, 3541) == .wait(fetch: true))
    let (over, beat) = later(3601)
    #expect(
      state.fetched(.failure(AWSFailure(.timeout, "x")), over, beat) == .failure(AWSFailure(.timeout, "x")))
    // The metadata service is not asked by every request that fails.
    #expect(ask(&state, 3602) == .refuse(AWSFailure(.timeout, "x")))
    #expect(ask(&state, 3700) == .wait(fetch: true))
  }

  @Test func filesAreReadAnewAndRefusedKeysForgotten() {
    var state = AWSCredentialsState()
    _ = ask(&state, 0)
    let (wall, monotonic) = later(0)
    _ = state.fetched(.success(AWSTimedCredentials(key)), wall, monotonic)
    #expect(ask(&state, 59) == .use(key, refresh: false))
    #expect(ask(&state, 60) == .use(key, refresh: true))
    let (then, tick) = later(61)
    _ = state.fetched(.success(AWSTimedCredentials(other)), then, tick)
    #expect(ask(&state, 62) == .use(other, refresh: false))
    state.discard(key)
    #expect(ask(&state, 62) == .use(other, refresh: false))
    state.discard(other)
    #expect(ask(&state, 62) == .wait(fetch: true))
  }

  @Test func credentialsOfThePastAreTold() {
    var state = AWSCredentialsState()
    _ = ask(&state, 0)
    let (wall, monotonic) = later(0)
    let answer = state.fetched(.success(AWSTimedCredentials(key, expires: now)), wall, monotonic)
    guard case .failure(let failure) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(failure.reason == .authentication && failure.message.contains("clock"))
  }
}

/// Against strict imitations of the services inside instances and containers.
@Suite struct AWSHostCredentialsTests {
  private let client = HTTPClient(name: "test")

  private func answer(
    _ settings: AWSIdentitySettings, _ environment: [String: String]
  ) async -> Result<AWSCredentials, AWSFailure> {
    let identities = AWSIdentities(http: client, environment: AWSEnvironment(environment))
    return await withCheckedContinuation { continuation in
      identities.identity(settings).credentials(timeout: .seconds(8)) { continuation.resume(returning: $0) }
    }
  }

  private static func handed(_ more: String = "", expires: String? = nil) -> String {
    let end = expires ?? (SystemTime().now + .seconds(7200)).rfc3339
    return
      "{\(more)\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"\(end)\"}"
  }

  /// Version 2 only: no token, no answer.
  private static func instance(hasRole: Bool = true, code: String = "Success") throws -> LoopbackServer {
    try LoopbackServer { request in
      if request.target == "/latest/api/token" {
        let ttl = request.header("X-aws-ec2-metadata-token-ttl-seconds").flatMap { Int($0) } ?? 0
        guard request.method == "PUT", (1...21600).contains(ttl) else { return LoopbackServer.answer(400) }
        return LoopbackServer.answer(200, "session==")
      }
      guard request.header("X-aws-ec2-metadata-token") == "session==" else {
        return LoopbackServer.answer(401)
      }
      switch request.target {
      case "/latest/meta-data/iam/security-credentials/":
        return hasRole ? LoopbackServer.answer(200, "watcher\n") : LoopbackServer.answer(404)
      case "/latest/meta-data/iam/security-credentials/watcher":
        return LoopbackServer.answer(200, handed("\"Code\":\"\(code)\","))
      default: return LoopbackServer.answer(404)
      }
    }
  }

  @Test func anInstanceGivesItsRole() async throws {
    func ask(_ server: LoopbackServer) async -> Result<AWSCredentials, AWSFailure> {
      await answer(
        AWSIdentitySettings(), ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url()])
    }
    let good = try Self.instance()
    #expect(
      await ask(good)
        == .success(AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t")))
    #expect(good.requests.count == 3)
    let bare = await ask(try Self.instance(hasRole: false))
    #expect(bare.failure?.reason == .missing)
    #expect(bare.failure?.message.contains("attach an instance profile") == true, "\(bare)")
    #expect(
      await ask(try Self.instance(code: "AssumeRoleUnauthorizedAccess")).failure?.reason == .authentication)
    let nobody = try LoopbackServer { _ in [.close] }
    let silent = await ask(nobody)
    #expect(silent.failure?.message.contains("hop limit") == true, "\(silent)")
    let odd = await ask(try LoopbackServer { _ in LoopbackServer.answer(200, "x") })
    #expect(odd.failure?.reason == .protocolError)
    let off = await answer(AWSIdentitySettings(), ["AWS_EC2_METADATA_DISABLED": "true"])
    #expect(off.failure?.reason == .configuration)
  }

  @Test func aContainerGivesItsRole() async throws {
    let server = try LoopbackServer { request in
      guard request.target == "/v1/credentials", request.header("Authorization") == "pod-token" else {
        return LoopbackServer.answer(403, "{\"code\":\"AccessDenied\"}")
      }
      return LoopbackServer.answer(200, Self.handed())
    }
    let folder = try TemporaryDirectory()
    let token = try folder.write("token", "pod-token\n")
    let uri = server.url("/v1/credentials")
    func ask(_ environment: [String: String]) async -> Result<AWSCredentials, AWSFailure> {
      await answer(AWSIdentitySettings(), environment)
    }
    let good = await ask([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token,
    ])
    #expect(good == .success(AWSCredentials(accessKeyID: "ASIA", secretAccessKey: "s", sessionToken: "t")))
    let open = await ask([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong",
    ])
    #expect(open.failure?.reason == .permission && open.failure?.code == "AccessDenied")
    // A token must not cross the network in the open.
    for host in ["192.0.2.1", "127.evil.example", "127.0.0.1.evil.example"] {
      let abroad = await ask(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://\(host)/v1"])
      #expect(abroad.failure?.reason == .configuration, "\(host)")
    }
    let missing = await ask([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere",
    ])
    #expect(missing.failure?.message.contains("/nowhere") == true)
  }

  @Test func variablesAndFilesGiveKeys() async throws {
    let variables = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"]
    #expect(await answer(AWSIdentitySettings(), variables) == .success(key))
    #expect(await answer(AWSIdentitySettings(), ["AWS_ACCESS_KEY_ID": "A"]).failure?.reason == .configuration)
    let folder = try TemporaryDirectory()
    let file = try folder.write("c", "[w]\naws_access_key_id=B\naws_secret_access_key=S\n")
    let named = AWSIdentitySettings(source: .file(path: file, profile: "w"))
    #expect(await answer(named, [:]) == .success(other))
    let missing = await answer(AWSIdentitySettings(source: .file(path: file, profile: "x")), [:])
    #expect(missing.failure?.message == "the credentials file \(file): there is no profile \"x\"")
    let none = await answer(AWSIdentitySettings(source: .webIdentity(tokenFile: nil, role: nil)), [:])
    #expect(none.failure?.message.contains("service account") == true)
  }
}

/// Roles by moto's token service, with signatures and policies enforced.
@Suite struct AWSRoleTests {
  private static let setup = """
    trust = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
      'Principal': {'AWS': '*'}}]})
    role = iam.create_role(RoleName='watcher', AssumeRolePolicyDocument=trust)['Role']['Arn']
    iam.put_role_policy(RoleName='watcher', PolicyName='p', PolicyDocument=json.dumps(
      {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Resource': '*',
        'Action': ['rds:DescribeDBInstances']}]}))
    facts = {'role': [role], 'taker': user('taker', 'sts:AssumeRole'), 'nobody': user('nobody', None)}
    """

  @Test func rolesAreTakenOn() async throws {
    let server = try await MotoServer(Self.setup)
    let facts = try JSONDecoder().decode([String: [String]].self, from: Data(server.facts.utf8))
    let role = try #require(facts["role"]?[0])
    let client = HTTPClient(name: "test")
    let folder = try TemporaryDirectory()
    func send(_ call: AWSCall, as user: String, secret: String? = nil, role: AWSAssumedRole?) async throws
      -> Result<AWSReply, AWSFailure>
    {
      let pair = try #require(facts[user])
      let file = try folder.write(
        "c", "[default]\naws_access_key_id=\(pair[0])\naws_secret_access_key=\(secret ?? pair[1])\n")
      let settings = AWSIdentitySettings(
        source: .file(path: file, profile: "default"), role: role, endpoint: server.url)
      let requester = AWSIdentities(http: client).requester(settings)
      return await withCheckedContinuation { continuation in
        requester.send(call, timeout: .seconds(10)) { continuation.resume(returning: $0) }
      }
    }
    let query = AWSCall(
      service: "rds", region: "us-east-1", endpoint: server.url, action: "DescribeDBInstances",
      form: .query(version: "2014-10-31", fields: []))
    let watcher = AWSAssumedRole(arn: role)
    let described = try await send(query, as: "taker", role: watcher)
    #expect(
      described.success.map { String(decoding: $0.body, as: UTF8.self) }?.contains("DBInstances") == true,
      "\(described)")
    // Without the role the same key may do nothing of it.
    let bare = try await send(query, as: "taker", role: nil)
    #expect(
      bare.failure?.reason == .permission && bare.failure?.message.contains("DescribeDBInstances") == true)
    let refused = try await send(query, as: "nobody", role: watcher)
    #expect(refused.failure?.reason == .permission, "\(refused)")
    #expect(refused.failure?.message.contains("trust policy") == true, "\(refused)")
    let wrong = try await send(query, as: "taker", secret: "wrong", role: nil)
    #expect(wrong.failure?.reason == .authentication && "\(wrong)".contains("wrong") == false, "\(wrong)")
  }

  /// A web identity is asked for without a signature, which moto takes only where it enforces none.
  @Test func tokensStandForRolesAndJSONIsSpoken() async throws {
    let server = try await MotoServer("", enforces: false)
    let client = HTTPClient(name: "test")
    let folder = try TemporaryDirectory()
    let web = AWSIdentitySettings(
      source: .webIdentity(
        tokenFile: try folder.write("t", "token\n"), role: "arn:aws:iam::123456789012:role/watcher"),
      endpoint: server.url)
    let json = AWSCall(
      service: "dynamodb", region: "us-east-1", endpoint: server.url, action: "ListTables",
      form: .json(version: "1.0", target: "DynamoDB_20120810.ListTables", body: Array("{}".utf8)))
    let requester = AWSIdentities(http: client).requester(web)
    let listed: Result<AWSReply, AWSFailure> = await withCheckedContinuation { continuation in
      requester.send(json, timeout: .seconds(10)) { continuation.resume(returning: $0) }
    }
    #expect(
      listed.success.map { String(decoding: $0.body, as: UTF8.self) } == "{\"TableNames\": []}", "\(listed)")
  }
}

extension Result {
  var success: Success? { if case .success(let value) = self { value } else { nil } }
  var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
