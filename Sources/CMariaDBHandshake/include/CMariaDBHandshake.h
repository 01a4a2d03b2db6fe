// Connecting with TLS without waiting for it.
//
// libmariadb's non-blocking calls do block in one place: between the steps of a TLS handshake it polls the socket
// itself (3.3, ma_tls_connect). It asks a function of the application instead when there is one
// (MARIADB_OPT_IO_WAIT). Here that function leaves the connecting call where it stands, on a stack of its own, and
// returns to the loop, which goes on with it when the socket is ready.
#ifndef FARWATCH_MARIADB_HANDSHAKE
#define FARWATCH_MARIADB_HANDSHAKE

#include <mysql.h>

typedef struct farwatch_handshake farwatch_handshake;

// From now on nothing that is called on `mysql` waits for its socket: outside a handshake a wait fails at once.
void farwatch_handshake_never_wait(MYSQL *mysql);

// Makes a call of mysql_real_connect over TCP; the texts must live until it is freed. NULL: no memory.
farwatch_handshake *farwatch_handshake_make(
    MYSQL *mysql, const char *host, const char *user, const char *password, const char *database,
    unsigned int port);

// Starts the call, or goes on with it: `is_ready` is 0 when it shall fail. Returns what it waits for
// (MYSQL_WAIT_READ or MYSQL_WAIT_WRITE), 0 when it has ended. Always from the same thread.
int farwatch_handshake_resume(farwatch_handshake *handshake, int is_ready);

// The socket that it waits for; -1 before the first wait.
int farwatch_handshake_socket(const farwatch_handshake *handshake);

// Whether the call ended with a connection.
int farwatch_handshake_succeeded(const farwatch_handshake *handshake);

// Only when the call was never started or has ended.
void farwatch_handshake_free(farwatch_handshake *handshake);

#endif
