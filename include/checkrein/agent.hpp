#pragma once

#include <checkrein/agent/loop.hpp>
