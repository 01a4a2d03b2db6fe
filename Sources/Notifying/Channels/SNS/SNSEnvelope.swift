internal import Model

/// An SNS message: its fields, and the text that its signature covers.
struct SNSEnvelope: Equatable {
  enum Content: Equatable {
    case notification(subject: String?, message: String, unsubscribeURL: String, attributes: [Label])
    case handshake(HandshakeMessage.Kind, token: String, message: String, subscribeURL: String)
  }

  var messageID: String
  var topicARN: String
  var publishedAt: Timestamp
  var content: Content

  /// `x-amz-sns-message-type`.
  var type: String {
    switch content {
    case .notification: "Notification"
    case .handshake(let kind, _, _, _): kind.rawValue
    }
  }

  /// Each signed field's name and value on a line of its own, in order of name.
  var stringToSign: String {
    var fields = [("MessageId", messageID), ("Timestamp", publishedAt.iso8601), ("TopicArn", topicARN)]
    fields.append(("Type", type))
    switch content {
    case .notification(let subject, let message, _, _):
      fields.append(("Message", message))
      if let subject { fields.append(("Subject", subject)) }
    case .handshake(_, let token, let message, let subscribeURL):
      fields += [("Message", message), ("SubscribeURL", subscribeURL), ("Token", token)]
    }
    return fields.sorted { byteOrder($0.0, $1.0) }.map { "\($0.0)\n\($0.1)\n" }.joined()
  }

  /// The body, fields in the order in which SNS writes them.
  func body(signatureVersion: Int, signature: String, certificateURL: String) -> String {
    func field(_ name: String, _ value: String) -> OrderedJSON.Member { .init(name, .string(value)) }
    let proof = [
      field("SignatureVersion", String(signatureVersion)), field("Signature", signature),
      field("SigningCertURL", certificateURL),
    ]
    let time = field("Timestamp", publishedAt.iso8601)
    var fields = [field("Type", type), field("MessageId", messageID)]
    switch content {
    case .notification(let subject, let message, let unsubscribeURL, let attributes):
      fields.append(field("TopicArn", topicARN))
      if let subject { fields.append(field("Subject", subject)) }
      fields += [field("Message", message), time] + proof + [field("UnsubscribeURL", unsubscribeURL)]
      if !attributes.isEmpty {
        let members = attributes.map {
          OrderedJSON.Member($0.name, .object([field("Type", "String"), field("Value", $0.value)]))
        }
        fields.append(.init("MessageAttributes", .object(members)))
      }
    case .handshake(_, let token, let message, let subscribeURL):
      fields += [
        field("Token", token), field("TopicArn", topicARN), field("Message", message),
        field("SubscribeURL", subscribeURL), time,
      ]
      fields += proof
    }
    return OrderedJSON.object(fields).lines
  }
}
