internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// `protocol: http` and `https`: what SNS calls so.
enum SNSHTTPSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let transport = m.optional("protocol", YAMLType<SNSHTTPReceiver.Transport>.choice()) ?? .https
    let endpoint = m.required("endpoint", .nonEmptyString.validated(httpURLComplaint))
    if m.has("endpoint"), endpoint.contains("://"), !endpoint.hasPrefix("\(transport.rawValue)://") {
      m.problem("the endpoint does not begin with \(transport.rawValue)://, its protocol", at: "endpoint")
    }
    var receiver = SNSHTTPReceiver(transport, endpoint)
    receiver.raw = m.optional("raw", .bool) ?? false
    receiver.confirmation = m.optional("confirm", .choice()) ?? .required
    receiver.caFile = m.optional("ca_file", paths.existing("the CA file"))
    receiver.headers = Headers.read(m, paths)
    return receiver
  }
}
