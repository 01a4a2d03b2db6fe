import Model
import SampleStore
import Testing

@Suite struct ExtentTests {
  @Test func whatThereIsIsCounted() throws {
    let store = SampleStore()
    #expect(store.extent.series == 0 && store.extent.oldest == nil && store.extent.newest == nil)
    let begin = Timestamp(milliseconds: 1_700_000_000_000)
    for name in ["a", "b"] {
      let id = try #require(store.series(.gauge(name, ""), .empty))
      for step in 0..<(name == "a" ? 5 : 1) { store.append(1, at: begin + .seconds(step * 15), to: id) }
    }
    let extent = store.extent
    #expect(extent.series == 2 && extent.chunks == 2)
    #expect(extent.oldest == begin && extent.newest == begin + .seconds(60))
  }
}
