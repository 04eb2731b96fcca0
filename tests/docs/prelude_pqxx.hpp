#pragma once

#include "prelude.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <checkrein/adapters/asio/async_call.hpp>
#include <checkrein/adapters/pqxx/database.hpp>
