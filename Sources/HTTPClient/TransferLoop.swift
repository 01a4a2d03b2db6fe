internal import CCurl
internal import Model
struct TransferLoop {
  init?(settings: HTTPClientSettings, mailbox: Mailbox) { return nil }
  func run() {}
}
