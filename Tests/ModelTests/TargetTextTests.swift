import Model
import Testing

@Suite struct TargetTextTests {
  @Test(arguments: [
    ("127.0.0.1:1", "cannot connect to 127.0.0.1:1: refused", "cannot connect to 127.0.0.1:1: refused"),
    ("127.0.0.1:1", "refused", "127.0.0.1:1: refused"),
    ("10.0.0.1", "connecting to 10.0.0.17: refused", "10.0.0.1: connecting to 10.0.0.17: refused"),
    ("0.0.0.1", "connecting to 10.0.0.1: refused", "0.0.0.1: connecting to 10.0.0.1: refused"),
    ("10.0.0.1", "10.0.0.17, then 10.0.0.1", "10.0.0.17, then 10.0.0.1"),
    ("2001:db8::1", "connecting to [2001:db8::1]:80", "connecting to [2001:db8::1]:80"),
    ("db", "the db-2 is gone", "db: the db-2 is gone"),
    ("", "refused", "refused"), ("a", "", "a: "), ("longer", "long", "longer: long"),
  ]) func aTargetIsNamedOnce(target: String, detail: String, said: String) {
    #expect(naming(target, detail) == said)
  }
}
