import ConfigurationTypes
import StrictYAML
import Testing

@Suite struct UnsetVariablesTests {
  @Test func eachIsToldWhereItStands() {
    let text = """
      a: {dsn_env: FARWATCH_TEST_UNSET_A, name: x}
      list:
        - token_env: FARWATCH_TEST_UNSET_B
          labels: {deploy_env: FARWATCH_TEST_UNSET_C}
        - environment_from: {PASSWORD: FARWATCH_TEST_UNSET_D, HERE: PATH}
        - password_env: PATH
        - password_file: FARWATCH_TEST_UNSET_E

      """
    let problems = Problems(file: "f")
    let warnings = Problems(file: "f")
    YAML.read(
      text,
      as: .mapping { m in
        m.allowUnknownKeys()
        UnsetVariables.warn(m.allEntries, warnings)
      }, problems)
    #expect(problems.isEmpty)
    #expect(
      warnings.list.map(\.description) == [
        "f:1:14: the environment variable FARWATCH_TEST_UNSET_A is not set here; the daemon will need it",
        "f:3:16: the environment variable FARWATCH_TEST_UNSET_B is not set here; the daemon will need it",
        "f:5:34: the environment variable FARWATCH_TEST_UNSET_D is not set here; the daemon will need it",
      ])
  }
}
