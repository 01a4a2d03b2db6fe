import Alerting
import HTTPClient
import Model
import Notifying
import Paging
import StatusPage
import Testing

@testable import FarwatchApp

/// Who is shown as told: those who took the page, and nobody else.
@Suite struct TellingTests {
  private func told(_ world: CoreWorld) -> [StatusSnapshot.Telling] {
    let moment = Moment(now: world.time.now, monotonic: world.time.monotonic)
    let found = world.conductor.alertStatuses(world.conductor.engine.snapshot(), moment)
    return found.alerts.first { $0.name == "RegionDown" }?.paging?.tellings ?? []
  }

  @Test func whoTookThePageWasToldAndWhen() {
    let world = CoreWorld()
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(60))
    let found = told(world)
    #expect(found.map(\.state) == ["told"] && found.first?.words == "told pager", "\(found)")
    #expect((found.first?.at).map { $0 <= world.time.now } == true)
    // The API for alerts says the same.
    let time = TurnTime(now: world.time.now, monotonic: world.time.monotonic)
    let alert = world.conductor.pagingSnapshot(now: time).alerts.first {
      $0.labels["alertname"] == "RegionDown"
    }
    #expect(alert?.tellings.map(\.state) == [.told])
    // Of what was taken before the start nothing is known any more: it is not called told.
    world.crash()
    world.run(.seconds(30))
    #expect(told(world).map(\.state) == ["unknown"], "\(told(world))")
  }

  @Test func whoAnswersWithAnErrorIsWaitedFor() {
    let world = CoreWorld()
    world.receiver = { .fails }
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(60))
    let waiting = told(world)
    #expect(waiting.map(\.state) == ["waiting"] && waiting.first?.at == nil, "\(waiting)")
    #expect(waiting.first?.words.hasPrefix("waiting for pager: ") == true)
    world.receiver = { .takes }
    world.run(.seconds(600))
    #expect(told(world).map(\.state) == ["told"], "\(told(world))")
  }

  @Test func whoNeverConfirmedIsWaitedFor() {
    var settings = NotifyingSettings()
    settings.topics = [
      TopicSettings(
        name: "pager", subscriptions: [SubscriptionSettings(SNSHTTPReceiver(.http, "http://pager.test/"))])
    ]
    let world = CoreWorld(notifying: settings)
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(60))
    #expect(told(world).first?.words == "waiting for pager: not confirmed", "\(told(world))")
  }

  @Test func whatWasGivenUpToldNobody() {
    var settings = onePager()
    var policy = RetryPolicy()
    policy.maxAge = .seconds(30)
    settings.topics[0].subscriptions[0].retry = policy
    let world = CoreWorld(notifying: settings)
    world.receiver = { .fails }
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(900))
    #expect(told(world).map(\.state) == ["given_up"], "\(told(world))")
    #expect(told(world).first?.words.contains("nobody was told") == true)
    world.crash()
    world.run(.seconds(30))
    #expect(told(world).map(\.state) == ["given_up"], "it is in the database")
  }

  @Test func aTopicWithoutAnybodyTellsNobody() {
    var settings = NotifyingSettings()
    settings.topics = [TopicSettings(name: "pager", subscriptions: [])]
    let world = CoreWorld(notifying: settings)
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(60))
    #expect(told(world).map(\.state) == ["nobody"], "\(told(world))")
  }
}
