#pragma once

/// Version of the library, as `major * 10000 + minor * 100 + patch`.
#define CHECKREIN_VERSION 100
