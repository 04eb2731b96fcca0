#pragma once

#include <checkrein/http/answer.hpp>
#include <checkrein/http/client_address.hpp>
#include <checkrein/http/door.hpp>
#include <checkrein/http/ip_address.hpp>
