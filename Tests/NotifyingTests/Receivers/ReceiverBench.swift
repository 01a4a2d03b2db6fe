import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

/// The context that most tests of receivers render with.
func context(_ adjust: (inout ChannelContext) -> Void = { _ in }) -> ChannelContext {
  var context = ChannelContext(
    topicName: "pager", topicARN: "arn:aws:sns:ap-northeast-1:123456789012:pager",
    subscriptionARN: "arn:aws:sns:ap-northeast-1:123456789012:pager:1", signatureVersion: .sha256,
    region: "ap-northeast-1", account: "123456789012", externalURL: "https://watch.example",
    attributeLabels: [], identity: testIdentity)
  context.acknowledgeURL = { "https://watch.example/ack?thread=\(percentEncoded($0.thread))" }
  adjust(&context)
  return context
}

/// A page of one alert, or of a group when there are more.
func page(
  _ alerts: AlertEvent..., kind: Notification.Kind = .news, group: Labels = [:], thread: String? = nil,
  truncated: Int = 0, delay: Duration? = nil
) -> Page {
  page(of: alerts, kind: kind, group: group, thread: thread, truncated: truncated, delay: delay)
}

func page(
  of alerts: [AlertEvent], kind: Notification.Kind = .news, group: Labels = [:], thread: String? = nil,
  truncated: Int = 0, delay: Duration? = nil
) -> Page {
  let isGrouped = alerts.count > 1 || !group.isEmpty || truncated > 0
  return Page(
    messageID: "5f1b8b4e-0000-8000-8000-000000000001",
    notification: Notification(
      kind: kind, thread: thread ?? alerts[0].identity, serial: isGrouped ? "1" : "", route: "{}",
      groupLabels: group, isGrouped: isGrouped, alerts: alerts, truncatedAlerts: truncated,
      decidedAt: alerts[0].decidedAt),
    publishedAt: start + .seconds(600), delay: delay)
}

extension ReceiverSettings {
  func request(_ page: Page, _ context: ChannelContext = standardContext()) throws -> HTTPRequest {
    try #require(channel(context).request(for: .page(page)).http)
  }
}

/// `context` under another name, for a default argument beside a method's parameter of that name.
func standardContext() -> ChannelContext { context() }

func header(_ name: String, of request: HTTPRequest) -> String? {
  request.headers.first { $0.name.lowercased() == name.lowercased() }?.value
}

extension HTTPClient {
  func answer(to request: HTTPRequest) async -> HTTPResult {
    await withCheckedContinuation { continuation in
      start(request) { continuation.resume(returning: $0) }
    }
  }
}

/// Sends the page over a socket to a server that answers so, and returns what the channel makes of it.
func deliver(
  _ make: (String) -> any ReceiverSettings, _ page: Page, answering steps: [LoopbackServer.Step]
) async throws -> (result: DeliveryResult, request: LoopbackServer.Request) {
  let server = try LoopbackServer { _ in steps }
  defer { server.stop() }
  let client = HTTPClient(name: "receivers")
  defer { client.shutdown() }
  let channel = make(server.url("/hook/secret-path")).channel(context())
  let request = try #require(channel.request(for: .page(page)).http)
  let result = channel.judge(await client.answer(to: request), now: start)
  return (result, try #require(server.requests.first))
}
