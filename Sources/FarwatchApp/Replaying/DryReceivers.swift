internal import HTTPClient
internal import Model
internal import Notifying
internal import Synchronization

/// A page as its receiver would have got it.
struct DryPage: Sendable {
  var topic: String
  /// What people know the receiver by.
  var receiver: String
  var endpoint: String
  var page: Page
  var title: String
}

/// Where dry receivers leave what they were to send.
final class DryOutbox: Sendable {
  private let newest = Mutex<DryPage?>(nil)

  func put(_ page: DryPage) { newest.withLock { $0 = page } }

  /// What was left since the last call.
  func take() -> DryPage? {
    newest.withLock { page in
      defer { page = nil }
      return page
    }
  }
}

/// Stands in the place of a receiver of any kind. The real one's channel is never made: no secret is read, and nothing
/// is there that could send.
struct DryReceiver: ReceiverSettings {
  static let kinds: [String] = []

  let real: any ReceiverSettings
  let label: String
  let outbox: DryOutbox

  var kind: String { real.kind }
  var shownEndpoint: String { real.shownEndpoint }
  var keyParts: [String] { real.keyParts }
  /// A subscription is taken for confirmed.
  var asksForConfirmation: Bool { false }
  var refreshInterval: Duration? { real.refreshInterval }
  var hearsAcknowledgements: Bool { real.hearsAcknowledgements }
  var defaultTimeout: Duration { real.defaultTimeout }
  var defaultInFlight: Int { real.defaultInFlight }
  var templates: MessageTemplates { real.templates }

  func channel(_ context: ChannelContext) -> any Channel { DryChannel(settings: self, context: context) }
}

private struct DryChannel: Channel {
  let settings: DryReceiver
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    if case .page(let page) = message {
      settings.outbox.put(
        DryPage(
          topic: context.topicName, receiver: settings.label, endpoint: settings.shownEndpoint, page: page,
          title: PageText(page, context, settings.templates).title))
    }
    // Never sent: whoever carries a delivery in a replay has no client.
    return .http(HTTPRequest(url: "about:blank"))
  }
}

extension NotifyingSettings {
  /// The same topics with receivers that send nothing.
  func dry(_ outbox: DryOutbox) -> NotifyingSettings {
    var settings = self
    for topic in settings.topics.indices {
      for place in settings.topics[topic].subscriptions.indices {
        let subscription = settings.topics[topic].subscriptions[place]
        settings.topics[topic].subscriptions[place].receiver = DryReceiver(
          real: subscription.receiver, label: subscription.label, outbox: outbox)
      }
    }
    return settings
  }
}

/// A receiver that takes nothing for a time: a topic, or a subscription by its name or as `TOPIC/NAME`.
struct ReceiverOutage: Sendable {
  var name: String
  var window: ReplayWindow

  func holds(_ page: DryPage, at elapsed: Duration) -> Bool {
    window.contains(elapsed)
      && [page.topic, page.receiver, "\(page.topic)/\(page.receiver)"].contains(name)
  }

  static func read(
    _ options: ReplayOptions, _ settings: NotifyingSettings
  ) throws(ReplayFailure) -> [ReceiverOutage] {
    let known = settings.topics.flatMap { topic in
      [topic.name] + topic.subscriptions.flatMap { [$0.label, "\(topic.name)/\($0.label)"] }
    }
    var outages: [ReceiverOutage] = []
    for text in options.failingReceivers {
      let (name, window) = try ReplayWindow.split(
        text, option: "--receiver-fails", standard: ReplayWindow(from: .zero, until: nil))
      guard known.contains(name) else {
        throw ReplayFailure(
          "--receiver-fails: there is no topic or receiver \(quoted(name)): "
            + settings.topics.map(\.name).joined(separator: ", "))
      }
      outages.append(ReceiverOutage(name: name, window: window))
    }
    return outages
  }
}
