/// What a mail server said to one message.
package struct MailResult: Hashable, Sendable {
  /// The last reply's code (RFC 5321, 4.2), as 250; nil when there was none.
  package var status: Int?
  /// The text of the last reply, on one line; the server's own words.
  package var reply = ""
  /// nil when the server took the message for every recipient.
  package var failure: HTTPFailure?

  package init() {}
}
