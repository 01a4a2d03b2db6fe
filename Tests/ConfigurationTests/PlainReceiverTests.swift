import ConfigurationTypes
import CloudAccess
import FarwatchTesting
import HTTPClient
import Model
import Notifying
import StrictYAML
import Testing

@testable import Configuration

/// The sections of the receivers that Farwatch speaks to without a service's own API: SNS, mail, programs.
@Suite struct PlainReceiverTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory("farwatch-receivers")
    try directory.write("key", "  s3cret\n")
    try directory.write("empty", " \n")
    try directory.write("shared", "[default]\naws_access_key_id=A\naws_secret_access_key=s3cret\n[half]\n")
    try directory.write("broken", "[default]\ns3cret\n")
    try directory.write("hook", "#!/bin/sh\n", mode: 0o755)
    try directory.write("text", "no program")
  }

  private func read(
    _ text: String, _ body: @escaping (MappingReader, FilePaths) -> any ReceiverSettings
  ) throws -> any ReceiverSettings {
    let problems = Problems(file: "f")
    let paths = FilePaths(directory: directory.path)
    let type = YAMLType<(any ReceiverSettings)?>(expected: "a mapping", placeholder: nil) { node, problems in
      YAMLType<any ReceiverSettings>.mapping { body($0, paths) }.read(node, problems)
    }
    let found = YAML.read(text, as: type, problems)
    try problems.throwIfAny()
    return try #require(found)
  }

  private func problem(
    _ text: String, _ body: @escaping (MappingReader, FilePaths) -> any ReceiverSettings
  ) -> String {
    do {
      _ = try read(text, body)
      return "none"
    } catch {
      return "\(error)".replacing(directory.path + "/", with: "")
    }
  }

  private static let topic = "topic_arn: 'arn:aws:sns:ap-northeast-1:123456789012:pager'"
  private static let keys = "access_key_id_file: key, secret_access_key_file: key"
  private static let mail = "smarthost: 'mail.example.org:587', from: f@example.org, to: t@example.org"

  @Test func snsIsRead() throws {
    let plain = try #require(
      try read(
        "{\(Self.topic), \(Self.keys), session_token_file: key, endpoint: 'http://h:1'}",
        SNSPublishSection.read) as? SNSPublishSettings)
    #expect(
      plain.region == "ap-northeast-1" && plain.endpoint == "http://h:1")
    let credentials = AWSCredentials(
      accessKeyID: "s3cret", secretAccessKey: "s3cret", sessionToken: "s3cret")
    #expect(plain.credentials == credentials)
    #expect(!plain.shownEndpoint.contains("s3cret"))
    let shared = try #require(
      try read("{\(Self.topic), shared_credentials_file: shared, region: eu-west-1}", SNSPublishSection.read)
        as? SNSPublishSettings)
    #expect(shared.region == "eu-west-1" && shared.credentials.accessKeyID == "A")
  }

  @Test func mailIsRead() throws {
    let plain = try #require(try read("{\(Self.mail)}", EmailSection.read) as? EmailSettings)
    #expect(plain.host == "mail.example.org" && plain.port == 587 && plain.encryption == .startTLS)
    #expect(plain.to == ["t@example.org"])
    let text =
      "{smarthost: '[::1]:465', from: f@e.org, from_name: Watch, to: [a@e.org, b@e.org], username: u, "
      + "password_file: key, hello: w.e.org, ca_file: key, title: '{{ .Status }}', text: t}"
    let full = try #require(try read(text, EmailSection.read) as? EmailSettings)
    #expect(full.host == "::1" && full.encryption == .tls && full.password == "s3cret")
    #expect(full.fromName == "Watch" && full.helloName == "w.e.org" && full.templates.title != nil)
    #expect(full.shownEndpoint == "mailto:a@e.org,b@e.org")
  }

  @Test func execIsRead() throws {
    let text =
      "{command: [./hook, '$A', ''], environment: {A: b}, environment_files: {TOKEN: key}, text: t}"
    let settings = try #require(try read(text, ExecSection.read) as? ExecSettings)
    #expect(settings.command.dropFirst() == ["$A", ""])
    #expect(settings.command.first?.hasPrefix("/") == true)
    #expect(settings.environment == ["A": "b", "TOKEN": "s3cret"])
    #expect(!settings.shownEndpoint.contains("$A"))
  }

  @Test(arguments: [
    ("{\(keys)}", "missing key `topic_arn`"),
    ("{topic_arn: 'arn:aws:sqs:r:1:t', \(keys)}", "must be arn:aws:sns:REGION:ACCOUNT:NAME"),
    ("{\(topic)}", "needs `access_key_id_file` and `secret_access_key_file`, or"),
    ("{\(topic), \(keys), secret_access_key: x}", "a credential does not belong in this file"),
    ("{\(topic), \(keys), profile: x}", "`profile` needs `shared_credentials_file`"),
    ("{\(topic), \(keys), shared_credentials_file: shared}", "only one of `access_key_id_file` and"),
    ("{\(topic), shared_credentials_file: shared, profile: none}", "there is no profile \"none\""),
    ("{\(topic), shared_credentials_file: shared, profile: half}", "has no aws_access_key_id"),
    ("{\(topic), shared_credentials_file: broken}", "line 2 is neither"),
    ("{\(topic), shared_credentials_file: absent}", "cannot be read: No such file"),
    ("{\(topic), \(keys), region: Tokyo}", "a region is small letters"),
    ("{\(topic), \(keys), endpoint: 'ftp://h'}", "must begin with http:// or https://"),
    ("{\(topic), \(keys), endpoint: 'http://h/?a'}", "must not hold a query"),
    ("{\(topic), access_key_id_file: key, secret_access_key_env: FARWATCH_ABSENT}", "is not set"),
    ("{\(topic), access_key_id_file: empty, secret_access_key_file: key}", "is empty"),
    ("{\(topic), access_key_id_file: key}", "needs `secret_access_key_file`"),
    ("{\(topic), \(keys), ca_file: absent}", "the CA file"),
    ("{\(topic), \(keys), extra: 1}", "unknown key `extra`"),
  ]) func faultsOfSNSAreNamed(_ text: String, _ said: String) {
    expect(problem(text, SNSPublishSection.read), said)
  }

  @Test(arguments: [
    ("{smarthost: 'h:25', from: f@e.org}", "missing key `to`"),
    ("{smarthost: 'h:25', from: f@e.org, to: []}", "needs at least one address"),
    ("{smarthost: 'h:25', from: f, to: t@e.org}", "must be an address such as"),
    ("{smarthost: 'h:25', from: 'f@e.org> x', to: t@e.org}", "must be an address such as"),
    ("{smarthost: h, from: f@e.org, to: t@e.org}", "expected the mail server as HOST:PORT"),
    ("{smarthost: 'a/b:25', from: f@e.org, to: t@e.org}", "expected the mail server as HOST:PORT"),
    ("{\(mail), username: u}", "`username` and `password_file` or `password_env` go together"),
    ("{\(mail), password_file: key}", "`username` and `password_file` or `password_env` go together"),
    ("{\(mail), username: u, password: s3cret}", "a password does not belong in this file"),
    ("{\(mail), username: u, password_file: key, encryption: none}", "in the clear"),
    ("{\(mail), encryption: ssl}", "unknown value `ssl`"),
    ("{\(mail), hello: 'a b'}", "is no name of a host"),
    ("{\(mail), title: '{{ x'}", "template of `title`"), ("{\(mail), extra: 1}", "unknown key `extra`"),
  ]) func faultsOfMailAreNamed(_ text: String, _ said: String) {
    expect(problem(text, EmailSection.read), said)
  }

  @Test(arguments: [
    ("{}", "missing key `command`"), ("{command: []}", "needs the path of a program"),
    ("{command: 'hook now'}", "expected a list"), ("{command: [hook]}", "PATH is not searched"),
    ("{command: [./absent]}", "cannot be run: No such file"),
    ("{command: [./text]}", "cannot be run: Permission denied"), ("{command: [/tmp]}", "is a directory"),
    ("{command: [./hook], environment: {FARWATCH_X: 1}}", "begin with FARWATCH_ are ours"),
    ("{command: [./hook], environment: {'A=B': 1}}", "is no name of a variable"),
    ("{command: [./hook], environment: {A: 1}, environment_files: {A: key}}", "is also in `environment`"),
    ("{command: [./hook], environment_files: {A: absent}}", "cannot be read"),
    ("{command: [./hook], extra: 1}", "unknown key `extra`"),
  ]) func faultsOfExecAreNamed(_ text: String, _ said: String) {
    expect(problem(text, ExecSection.read), said)
  }

  private func expect(_ found: String, _ said: String) {
    #expect(found.contains(said), "\(found)")
    #expect(!found.contains("s3cret"), "a secret in a message")
    // One fault, one problem.
    #expect(found.split(separator: "\n").count == 1, "\(found)")
  }
}
