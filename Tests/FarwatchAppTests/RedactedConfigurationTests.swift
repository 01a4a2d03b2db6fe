import Testing

@testable import FarwatchApp

@Suite struct RedactedConfigurationTests {
  @Test func whatMayBeASecretIsHidden() {
    let text = RedactedConfiguration.text(
      of: #"""
        # the password is hunter1
        listen: 127.0.0.1:9797  # hunter2
        regions: {taiwan: {role: primary}, "a b": {}}
        health:
          checks:
            - name: web
              region: taiwan
              http:
                url: https://ada:hunter3@shop.example.com/health?key=hunter4
                headers: {Authorization: Bearer hunter5, X-Other: hunter6}
                body: '{"login": "hunter7"}'
            - {name: job, region: taiwan, check_in: {id: hunter8, every: 1h}}
            - {name: script, region: taiwan, exec: {command: [/bin/check, --password=hunter9, hunter13]}}
        backups:
          - {job: j, password_command: "echo hunter10", password_file: /etc/secret, note: "it's \"so\": yes"}
        topics:
          page:
            - webhook: {url: "https://hooks.example.com/services/T0/hunter11"}
            - {pagerduty: {routing_key: hunter12, routing_key_file: /etc/key}}
            - email: {to: [ops@example.com], auth_env: MAIL}
        access:
          tokens:
            - {name: prometheus, token_file: secrets/prometheus, roles: [metrics, ingest]}
            - {name: bad, token: hunter14, roles: [read]}
        other: {tokens: [hunter15]}
        routes: []
        nothing: ~
        text: "two\nlines"
        """#)
    #expect(!text.contains("hunter"), "\(text)")
    #expect(
      text == #"""
        listen: 127.0.0.1:9797
        regions:
          taiwan:
            role: primary
          "a b": {}
        health:
          checks:
            -
              name: web
              region: taiwan
              http:
                url: "https://<secret>@shop.example.com/health?<secret>"
                headers:
                  Authorization: <secret>
                  X-Other: <secret>
                body: <secret>
            -
              name: job
              region: taiwan
              check_in:
                id: <secret>
                every: 1h
            -
              name: script
              region: taiwan
              exec:
                command:
                  - /bin/check
                  - <secret>
                  - <secret>
        backups:
          -
            job: j
            password_command: <secret>
            password_file: /etc/secret
            note: "it's \"so\": yes"
        topics:
          page:
            -
              webhook:
                url: "https://hooks.example.com/<secret>"
            -
              pagerduty:
                routing_key: <secret>
                routing_key_file: /etc/key
            -
              email:
                to:
                  - ops@example.com
                auth_env: MAIL
        access:
          tokens:
            -
              name: prometheus
              token_file: secrets/prometheus
              roles:
                - metrics
                - ingest
            -
              name: bad
              token: <secret>
              roles:
                - read
        other:
          tokens:
            - <secret>
        routes: []
        nothing: ~
        text: "two\nlines"

        """#)
    // What is shown is YAML, and hides nothing more when it is read again.
    #expect(RedactedConfiguration.text(of: text) == text)
  }

  @Test func whatIsNoConfigurationIsNothing() {
    #expect(RedactedConfiguration.text(of: "a: [") == "")
    #expect(RedactedConfiguration.text(ofFile: "/nowhere/farwatch.yml") == "")
  }
}
