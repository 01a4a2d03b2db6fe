import ConfigurationTypes
import FarwatchTesting
import HTTPClient
import Model
import Notifying
import StrictYAML
import Testing

@testable import Configuration

@Suite struct ReceiverSectionTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory("farwatch-receivers")
    try directory.write("key", "  s3cret\n")
    try directory.write("empty", " \n")
    try directory.write("lines", "a\nb")
    try directory.write("url", "https://hooks.example/services/T/secret\n")
    try directory.write("whsec", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
  }

  private func read<Value>(
    _ text: String, _ body: @escaping (MappingReader, FilePaths) -> Value
  ) throws -> Value {
    let problems = Problems(file: "f")
    let paths = FilePaths(directory: directory.path)
    let type = YAMLType<Value?>.converted(from: YAMLType<Value>.mapping { body($0, paths) }, placeholder: nil)
    { $0 }
    let found = YAML.read(text, as: type, problems)
    try problems.throwIfAny()
    return try #require(found)
  }

  private func problem(_ text: String, _ body: @escaping (MappingReader, FilePaths) -> Any) -> String {
    do {
      _ = try read(text, body)
      return ""
    } catch {
      return "\(error)".split(separator: "\n").map { $0.replacing(directory.path + "/", with: "") }
        .joined(separator: "\n")
    }
  }

  @Test func everyKindIsRead() throws {
    let pagerDuty = try #require(
      try read(
        "{routing_key_file: key, url: 'http://h/x', severities: {page: error}, component_labels: a, title: '{{ .Status }}'}",
        PagerDutySection.read) as? PagerDutySettings)
    #expect(pagerDuty.routingKey == "s3cret" && pagerDuty.severities == ["page": "error"])
    #expect(pagerDuty.componentLabels == ["a"] && pagerDuty.templates.title != nil)
    let opsgenie = try #require(
      try read(
        "{api_key_file: key, region: eu, responders: [{type: user, name: a@b}], tags: [x], priorities: {page: P2}}",
        OpsgenieSection.read) as? OpsgenieSettings)
    #expect(opsgenie.url == "https://api.eu.opsgenie.com" && opsgenie.responders == [.init(.user, "a@b")])
    let slack = try #require(
      try read("{url_file: url, channel: '#a', username: w}", SlackSection.read) as? SlackSettings)
    #expect(slack.url == "https://hooks.example/services/T/secret" && slack.channel == "#a")
    let teams = try #require(try read("{url_file: url}", TeamsSection.read) as? TeamsSettings)
    #expect(teams.shownEndpoint == "https://hooks.example/…28e5ebab")
    let json = try #require(
      try read("{url: 'https://h/', secret_files: [whsec, whsec]}", StandardWebhookSection.read)
        as? StandardWebhookSettings)
    #expect(json.secrets.count == 2)
    let webhook = try #require(
      try read(
        "{url: 'https://h/p', max_alerts: 5, username: u, password_file: key, headers: {X-A: b}}",
        WebhookSection.read) as? WebhookSettings)
    #expect(webhook.maximumAlerts == 5 && webhook.shownEndpoint == "https://h/…a7b62094")
    #expect(webhook.options.headers.map(\.value) == ["b", "Basic dTpzM2NyZXQ="])
    let peers = try read(
      "{peers: ['http://a:9093', 'http://b:9093/am'], ends_after: 10m, bearer_token_file: key}",
      AlertmanagerSection.readAll
    ).compactMap { $0 as? AlertmanagerPeerSettings }
    #expect(peers.map(\.url) == ["http://a:9093", "http://b:9093/am"])
    #expect(peers.allSatisfy { $0.endsAfter == .seconds(600) && $0.refreshInterval == .seconds(60) })
    #expect(peers[0].options.headers == [HTTPHeader("Authorization", "Bearer s3cret", isSecret: true)])
  }

  @Test(arguments: [
    ("{}", "f:1:1: needs `routing_key_file` or `routing_key_env`"),
    (
      "{routing_key_file: none}",
      "f:1:20: the file of the secret \"none\" cannot be read: No such file or directory"
    ),
    ("{routing_key_file: empty}", "f:1:20: the file \"empty\" is empty"),
    ("{routing_key_file: lines}", "f:1:20: the file \"lines\" must hold one line"),
    ("{routing_key_env: FARWATCH_NOT_SET}", "f:1:19: the variable \"FARWATCH_NOT_SET\" is not set"),
    (
      "{routing_key_file: key, severities: {page: loud}}",
      "f:1:44: must be one of critical, error, warning, info, found \"loud\""
    ),
    ("{routing_key_file: key, title: 'a {{ .Status'}", "f:1:37: template of `title`: unclosed action"),
    (
      "{routing_key_file: key, title: 'a {{ nope 1 }}'}",
      "f:1:38: template of `title`: function \"nope\" not defined"
    ),
  ])
  func faultsOfPagerDuty(text: String, said: String) {
    #expect(problem(text, PagerDutySection.read) == said)
  }

  /// A page that waits for a receiver whose key was wrong goes out once the key is right.
  @Test func aChangedSecretIsTheSameReceiver() throws {
    func parts(_ text: String) throws -> [String] { try read(text, PagerDutySection.read).keyParts }
    let before = try parts("{routing_key_file: key}")
    try directory.write("key", "another")
    #expect(try parts("{routing_key_file: key}") == before)
    #expect(try parts("{routing_key_file: url}") != before)
    #expect(!before.contains { $0.contains("s3cret") })
    let slack = try read("{url_file: url}", SlackSection.read)
    #expect(slack.keyParts == ["url", ""] && slack.shownEndpoint == "https://hooks.example/…28e5ebab")
  }

  @Test func faultsOfTheOthers() {
    #expect(problem("{}", WebhookSection.read) == "f:1:1: needs `url`, `url_file` or `url_env`")
    #expect(
      problem("{url: 'http://h/', username: u}", WebhookSection.read)
        == "f:1:1: `username` and `password_file` or `password_env` go together")
    #expect(problem("{url_file: key}", SlackSection.read) == "f:1:12: holds no http or https URL")
    #expect(problem("{peers: []}", AlertmanagerSection.readAll) == "f:1:9: needs at least one peer")
    #expect(
      problem("{peers: ['http://a', 'http://a']}", AlertmanagerSection.readAll)
        == "f:1:22: the peer is listed twice")
    #expect(
      problem("{url: 'http://h/', secret_files: [key]}", StandardWebhookSection.read)
        == "f:1:35: holds no secret: whsec_ and base64 of 24 to 64 bytes")
    #expect(
      problem("{api_key_file: key, region: mars}", OpsgenieSection.read)
        == "f:1:29: unknown value `mars`; expected one of `us`, `eu`")
  }
}
