// MariaDB's client library as it is. A header of our own, because where mysql.h lives differs between systems:
// pkg-config knows.
#include <mysql.h>
#include <errmsg.h>

#ifndef FARWATCH_MARIADB_SHIM
#define FARWATCH_MARIADB_SHIM

// Option values are passed as untyped pointers; these say what is behind them.
static inline int farwatch_mysql_option_text(MYSQL *mysql, enum mysql_option option, const char *value) {
  return mysql_options(mysql, option, value);
}
static inline int farwatch_mysql_option_number(MYSQL *mysql, enum mysql_option option, unsigned int value) {
  return mysql_options(mysql, option, &value);
}
static inline int farwatch_mysql_option_size(MYSQL *mysql, enum mysql_option option, unsigned long value) {
  return mysql_options(mysql, option, &value);
}
static inline int farwatch_mysql_option_flag(MYSQL *mysql, enum mysql_option option, my_bool value) {
  return mysql_options(mysql, option, &value);
}
// Variadic in the library.
static inline int farwatch_mysql_attribute(MYSQL *mysql, const char *name, const char *value) {
  return mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, name, value);
}
// mysql_options takes the size itself in place of a pointer to it.
static inline int farwatch_mysql_nonblocking(MYSQL *mysql, size_t stack) {
  return mysql_options(mysql, MYSQL_OPT_NONBLOCK, (const void *)&stack);
}
#endif
