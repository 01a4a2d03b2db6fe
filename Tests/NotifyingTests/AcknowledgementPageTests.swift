import HTTPClient
import Model
import Programs
import Testing

@testable import Notifying

/// Somebody took an alert on, and the receivers that would go on calling people hear of it.
@Suite struct AcknowledgementPageTests {
  private func settings(
    _ receivers: any ReceiverSettings..., adjust: (inout SubscriptionSettings) -> Void = { _ in }
  ) -> NotifyingSettings {
    var settings = pager("https://a.example/")
    settings.topics[0].subscriptions = receivers.map { receiver in
      var settings = SubscriptionSettings(receiver)
      adjust(&settings)
      return settings
    }
    return settings
  }

  private func acknowledgement(_ alerts: AlertEvent..., thread: String? = nil) -> Notification {
    var page = Notification(
      kind: .acknowledgement, thread: thread ?? alerts[0].identity, serial: "ack#1", isGrouped: false,
      alerts: alerts, decidedAt: start)
    page.acknowledgedBy = "ann"
    return page
  }

  private let pagerDuty = PagerDutySettings(routingKey: "K")

  @Test func onlyThoseThatHearAcknowledgementsAreTold() throws {
    var world = World(
      settings(WebhookSettings(url: "https://w.example/"), pagerDuty, OpsgenieSettings(apiKey: "KEY")))
    world.page(event(.firing))
    #expect(world.drain().count == 3)
    world.tell(acknowledgement(event(.firing)))
    let deliveries = world.take()
    #expect(deliveries.compactMap { $0.page?.notification.kind } == [.acknowledgement, .acknowledgement])
    for delivery in deliveries {
      let request = try #require(try delivery.makeRequest().http)
      if request.url.contains("pagerduty") {
        #expect(String(decoding: request.body, as: UTF8.self).contains("\"event_action\":\"acknowledge\""))
      } else {
        #expect(
          request.url == "https://api.opsgenie.com/v2/alerts/LagHigh/acknowledge?identifierType=alias")
        #expect(String(decoding: request.body, as: UTF8.self).contains("in Farwatch by ann."))
      }
      world.finish(delivery, .answered(202))
    }
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func whoHearsNoneLosesNothing() {
    var world = World(pager("https://a.example/"))
    world.tell(acknowledgement(event(.firing)))
    #expect(world.take().isEmpty && world.rowCount(.outbox) == 0)
    #expect(world.statistics == NotifyingStatistics())
    var nobody = pager("https://a.example/")
    nobody.topics[0].subscriptions = []
    world = World(nobody)
    world.tell(acknowledgement(event(.firing)))
    #expect(world.statistics.withoutSubscriber == 0)
  }

  @Test func itFollowsItsPageAndHoldsUpNoOther() throws {
    var world = World(settings(pagerDuty))
    world.page(event(.firing))
    let first = try #require(world.take().first)
    world.tell(acknowledgement(event(.firing)))
    world.page(event(.resolved))
    #expect(world.take().isEmpty)
    world.restart()
    let again = try #require(world.take().first)
    #expect(again.page == first.page)
    world.finish(again, .answered(202))
    var refused = 0
    while let delivery = world.take().first, delivery.page?.notification.kind == .acknowledgement {
      world.finish(delivery, .answered(400))
      refused += 1
      if let next = world.dispatcher.nextDeadline, next > world.monotonic { world.advance(to: next) }
      if refused == 3 { break }
    }
    #expect(refused == 3 && world.statistics.gaveUp == 0)
    #expect(world.drain().map(\.notification.status) == [.resolved])
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func noPageIsFoldedIntoOne() throws {
    var settings = settings(pagerDuty)
    settings.maximumEntriesPerSubscription = 2
    var world = World(settings)
    world.page(event(.firing, "A"))
    world.tell(acknowledgement(event(.firing, "A")))
    world.page(event(.firing, "B"))
    #expect(world.drain().map(\.notification.kind) == [.news, .news])
    #expect(world.statistics.dropped == ["folded": 1])
  }

  @Test func aChannelThatHearsNoneMakesNoPageOfOne() throws {
    let page = page(event(.firing), kind: .acknowledgement)
    let others: [any ReceiverSettings] = [
      WebhookSettings(url: "https://w.example/"), ExecSettings(command: ["/bin/true"]),
      SNSHTTPReceiver(.https, "https://s.example/"), SlackSettings(url: "https://s.example/"),
    ]
    for settings in others {
      #expect(!settings.hearsAcknowledgements)
      #expect(throws: UnwantedAcknowledgement.self) {
        try settings.channel(context()).request(for: .page(page))
      }
    }
  }
}

@Suite struct OwnLimitTests {
  @Test func aLimitOfOursIsNoFailureOfTheReceiver() throws {
    let full = DeliveryResult(ProgramResult(.notStarted(.limit, "64 programs are already running")))
    var mail = MailResult()
    mail.failure = HTTPFailure(.limit, "128 mails are already being sent")
    for result in [full, DeliveryResult(mail)] {
      var world = World(pager("https://a.example/"))
      world.page(event(.firing))
      for _ in 0..<20 {
        world.finish(try #require(world.take().first), result)
        let next = try #require(world.dispatcher.nextDeadline)
        #expect(next - world.monotonic == .seconds(1))
        world.advance(to: next)
      }
      #expect(world.subscriptions[0].consecutiveFailures == 0)
      #expect(world.statistics.failed == [.limit: 20])
      #expect(world.drain().count == 1)
    }
  }

  @Test func slowKindsHaveFewAttemptsAtOnce() {
    #expect(SubscriptionSettings(ExecSettings(command: ["/bin/true"])).maximumInFlight == 1)
    #expect(SubscriptionSettings(PagerDutySettings(routingKey: "k")).maximumInFlight == 4)
  }
}
