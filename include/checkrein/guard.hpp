#pragma once

#include <checkrein/guard/action.hpp>
#include <checkrein/guard/call_frame.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/guard/conversation.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/handlers.hpp>
#include <checkrein/guard/reply.hpp>
#include <checkrein/guard/store_calls.hpp>
#include <checkrein/guard/visit.hpp>
