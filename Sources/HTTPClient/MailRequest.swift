/// A message to hand to a mail server by SMTP.
package struct MailRequest: Hashable, Sendable {
  package enum Encryption: String, Hashable, Sendable, CaseIterable {
    /// In the clear.
    case none
    /// STARTTLS, or nothing is sent.
    case startTLS = "starttls"
    /// TLS from the first byte, as on port 465.
    case tls
  }

  package var host: String
  package var port: UInt16
  package var encryption: Encryption
  /// What we call ourselves in EHLO; nil: the machine's name.
  package var helloName: String?
  package var username: String?
  package var password: String?
  package var sender: String
  package var recipients: [String]
  /// Headers and body with CRLF line ends.
  package var message: [UInt8]
  package var timeout: Duration = .seconds(30)
  /// PEM file of the authorities to trust instead of the system's.
  package var caFile: String?

  package init(
    host: String, port: UInt16, encryption: Encryption, sender: String, recipients: [String], message: [UInt8]
  ) {
    self.host = host
    self.port = port
    self.encryption = encryption
    self.sender = sender
    self.recipients = recipients
    self.message = message
  }
}
