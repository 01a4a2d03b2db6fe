// c-ares as it is. A header of our own, because where ares.h lives differs between systems: pkg-config knows.
#include <ares.h>
