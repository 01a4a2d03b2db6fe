import Collecting
import Glibc
import Model
import Probing
import Testing

@Suite struct ReachedHostsTests {
  private func proves(_ check: any HealthCheckSettings, _ here: ThisHost = ThisHost()) -> Bool {
    here.isLeft(by: check)
  }

  private func http(_ url: String) -> HTTPCheckSettings { HTTPCheckSettings(name: "c", url: url) }

  @Test(arguments: [
    "http://localhost/", "http://LOCALHOST.:8080/", "http://api.localhost/", "http://127.0.0.1/",
    "http://127.9.9.9:81/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "not a url",
  ]) func aCheckOfThisHostProvesNothing(url: String) { #expect(!proves(http(url))) }

  @Test(arguments: [
    "http://example.com/", "https://192.0.2.1:8443/x", "http://[2001:db8::1]/", "http://localhost.example/",
  ])
  func aCheckOfAnotherHostProvesAWayOut(url: String) { #expect(proves(http(url))) }

  @Test func ownNamesAndAddressesAreThisHost() {
    let here = ThisHost(names: ["Watcher.example"], addresses: ["192.0.2.7", "2001:db8::7"])
    for url in ["http://watcher.example/", "http://192.0.2.7/", "http://[2001:db8:0::7]/"] {
      #expect(!proves(http(url), here), "\(url)")
    }
    #expect(proves(http("http://192.0.2.8/"), here))
  }

  @Test func theSystemKnowsWhichAddressesAreOurs() throws {
    let here = ThisHost.now()
    for foreign in ["192.0.2.1", "2001:db8::1", "example.com", "127.0.0.1.example"] {
      #expect(!here.isMeant(by: foreign), "\(foreign)")
    }
    // The address that this machine sends from, if it has one: no packet is sent.
    let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(socket) }
    var away = sockaddr_in()
    away.sin_family = sa_family_t(AF_INET)
    away.sin_port = UInt16(9).bigEndian
    away.sin_addr.s_addr = inet_addr("192.0.2.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &away) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard isKnown, let text = inet_ntoa(away.sin_addr) else { return }
    #expect(here.isMeant(by: String(cString: text)))
  }

  @Test func whatMayFailBecauseTheNetworkIsGone() {
    let here = ThisHost()
    #expect(here.mayBeLeft(by: http("http://example.com/")))
    #expect(!here.mayBeLeft(by: http("http://127.0.0.1/")) && !here.mayBeLeft(by: http("http://localhost/")))
    // Where it leads is not known.
    #expect(here.mayBeLeft(by: http("not a url")))
  }

  @Test func aTargetThatIsReachedByAnotherAddressIsJudgedByThat() {
    var check = http("http://example.com/")
    check.connectAddress = "127.0.0.1"
    #expect(!proves(check))
  }
}
