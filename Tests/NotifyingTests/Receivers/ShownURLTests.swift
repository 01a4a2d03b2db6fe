import Testing

@testable import Notifying

/// A URL with its path lets anybody page, so nobody is shown it.
@Suite struct ShownURLTests {
  private let capability = "https://u:p@hooks.example:8443/hook/CAPABILITY?sig=SIGNATURE"

  @Test func hostAndHashAreShownAndNoMore() {
    let shown = shownURL(capability)
    #expect(shown.hasPrefix("https://hooks.example:8443/…") && shown.count == 36)
    #expect(shown == shownURL(capability))
    #expect(shown != shownURL(capability + "2"))
    #expect(shownURL("https://hooks.example/") == "https://hooks.example")
    #expect(shownURL("http://[2001:db8::1]:80") == "http://[2001:db8::1]")
    #expect(shownURL("https://hooks.example?sig=1").hasPrefix("https://hooks.example/…"))
    #expect(shownURL("/hook/CAPABILITY") == "no URL")
  }

  @Test func aChangedSecretIsShownAsTheSame() {
    #expect(shownURL(capability, from: "pager") == shownURL(capability + "2", from: "pager"))
    #expect(shownURL(capability, from: "pager") != shownURL(capability, from: "other"))
  }

  @Test func everyReceiverShowsItsURLSo() {
    let receivers: [any ReceiverSettings] = [
      SNSHTTPReceiver(.https, capability), WebhookSettings(url: capability),
      StandardWebhookSettings(url: capability, secrets: []), SlackSettings(url: capability),
      TeamsSettings(url: capability), AlertmanagerPeerSettings(url: capability),
    ]
    for receiver in receivers {
      #expect(receiver.shownEndpoint == shownURL(capability), "\(receiver.kind)")
    }
  }
}
