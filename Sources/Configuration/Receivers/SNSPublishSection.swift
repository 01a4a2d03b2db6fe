internal import ConfigurationTypes
internal import CloudAccess
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: sns`: a topic of Amazon SNS.
///
/// Credentials are the key's two halves from files or the environment, or a profile of a shared credentials file. They
/// are read at load; a reload takes rotated ones up. The metadata services of EC2 and ECS are not asked.
enum SNSPublishSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let topic = m.required("topic_arn", .nonEmptyString.validated(topicComplaint))
    let region = m.optional("region", .nonEmptyString.validated(regionComplaint))
    let endpoint = m.optional("endpoint", .nonEmptyString.validated(endpointComplaint))
    var settings = SNSPublishSettings(
      topicARN: topic, region: region, endpoint: endpoint, credentials: credentials(m, paths))
    settings.caFile = m.optional("ca_file", paths.existing("the CA file"))
    return settings
  }

  private static func credentials(_ m: MappingReader, _ paths: FilePaths) -> AWSCredentials {
    for key in ["access_key_id", "secret_access_key", "session_token"] where m.has(key) {
      m.allow(key)
      m.problem("a credential does not belong in this file: name a file with `\(key)_file`", at: key)
    }
    let profile = m.optional("profile", .nonEmptyString)
    guard m.has("shared_credentials_file") else {
      m.allow("shared_credentials_file")
      if profile != nil { m.problem("`profile` needs `shared_credentials_file`", at: "profile") }
      let isGiven = m.allEntries.contains {
        $0.key.hasPrefix("access_key_id") || $0.key.hasPrefix("secret_access_key")
      }
      if !isGiven {
        m.problem("needs `access_key_id_file` and `secret_access_key_file`, or `shared_credentials_file`")
        for key in ["access_key_id", "secret_access_key"] { m.allow("\(key)_file", "\(key)_env") }
        return AWSCredentials(
          accessKeyID: "", secretAccessKey: "",
          sessionToken: ReceiverSecret.optional("session_token", m, paths))
      }
      return AWSCredentials(
        accessKeyID: ReceiverSecret.required("access_key_id", m, paths),
        secretAccessKey: ReceiverSecret.required("secret_access_key", m, paths),
        sessionToken: ReceiverSecret.optional("session_token", m, paths))
    }
    let others = ["access_key_id", "secret_access_key", "session_token"].flatMap {
      ["\($0)_file", "\($0)_env"]
    }
    for key in others { m.allow(key) }
    if let key = others.first(where: m.has) {
      m.problem("only one of `\(key)` and `shared_credentials_file` may be given", at: key)
    }
    let file = m.optional("shared_credentials_file", shared(paths, profile ?? "default"))
    return file ?? AWSCredentials(accessKeyID: "", secretAccessKey: "")
  }

  private static func shared(_ paths: FilePaths, _ profile: String) -> YAMLType<AWSCredentials> {
    let none = AWSCredentials(accessKeyID: "", secretAccessKey: "")
    return paths.contents(of: "the credentials file", placeholder: none) { text, _ in
      return try AWSCredentialsFile.read(text, profile: profile)
    }
  }

  private static func topicComplaint(_ text: String) -> String? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isGood =
      parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "sns"
      && parts[3...].allSatisfy { !$0.isEmpty } && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    return isGood ? nil : "must be arn:aws:sns:REGION:ACCOUNT:NAME, found \"\(text)\""
  }

  private static func regionComplaint(_ name: String) -> String? {
    let isGood = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
    }
    return isGood ? nil : "a region is small letters, digits and -, such as ap-northeast-1, found \"\(name)\""
  }

  private static func endpointComplaint(_ url: String) -> String? {
    if let complaint = httpURLComplaint(url) { return complaint }
    return url.contains("?") || url.contains("#") ? "must not hold a query or a fragment" : nil
  }
}
