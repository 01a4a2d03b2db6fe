#include "CMariaDBHandshake.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

struct farwatch_handshake {
  ucontext_t loop, call;
  char *stack;
  MYSQL *mysql, *made;
  const char *host, *user, *password, *database;
  unsigned int port;
  int is_started, waits_for, socket, is_ready;
};

// Pages that are not touched cost nothing; the lowest is a guard.
enum { stack_size = 512 << 10, guard_size = 4 << 10 };

// The handshake whose call runs on this thread right now.
static _Thread_local farwatch_handshake *running;

static int wait_for_socket(my_socket socket, my_bool is_read, int timeout) {
  (void)timeout;  // The loop keeps the time.
  farwatch_handshake *handshake = running;
  if (!handshake) return -1;
  handshake->socket = socket;
  // The library goes into the handshake with a blocking socket, on which a reading gives up soon: see ServerGreeting.
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
  handshake->waits_for = is_read ? MYSQL_WAIT_READ : MYSQL_WAIT_WRITE;
  swapcontext(&handshake->call, &handshake->loop);
  return handshake->is_ready ? 1 : 0;
}

static void connect_now(void) {
  farwatch_handshake *handshake = running;
  handshake->made = mysql_real_connect(
      handshake->mysql, handshake->host, handshake->user, handshake->password, handshake->database,
      handshake->port, NULL, CLIENT_REMEMBER_OPTIONS);
  handshake->waits_for = 0;
}

void farwatch_handshake_never_wait(MYSQL *mysql) {
  mysql_options(mysql, MARIADB_OPT_IO_WAIT, (const void *)wait_for_socket);
}

farwatch_handshake *farwatch_handshake_make(
    MYSQL *mysql, const char *host, const char *user, const char *password, const char *database,
    unsigned int port) {
  farwatch_handshake *handshake = calloc(1, sizeof *handshake);
  if (!handshake) return NULL;
  handshake->stack =
      mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (handshake->stack == MAP_FAILED) {
    free(handshake);
    return NULL;
  }
  mprotect(handshake->stack, guard_size, PROT_NONE);
  handshake->mysql = mysql;
  handshake->host = host;
  handshake->user = user;
  handshake->password = password;
  handshake->database = database;
  handshake->port = port;
  handshake->socket = -1;
  return handshake;
}

int farwatch_handshake_resume(farwatch_handshake *handshake, int is_ready) {
  if (!handshake->is_started) {
    handshake->is_started = 1;
    getcontext(&handshake->call);
    handshake->call.uc_stack.ss_sp = handshake->stack;
    handshake->call.uc_stack.ss_size = stack_size;
    handshake->call.uc_link = &handshake->loop;
    makecontext(&handshake->call, connect_now, 0);
  } else if (!handshake->waits_for) {
    return 0;
  }
  handshake->is_ready = is_ready;
  running = handshake;
  swapcontext(&handshake->loop, &handshake->call);
  running = NULL;
  return handshake->waits_for;
}

int farwatch_handshake_socket(const farwatch_handshake *handshake) { return handshake->socket; }
int farwatch_handshake_succeeded(const farwatch_handshake *handshake) { return handshake->made != NULL; }

void farwatch_handshake_free(farwatch_handshake *handshake) {
  munmap(handshake->stack, stack_size);
  free(handshake);
}
