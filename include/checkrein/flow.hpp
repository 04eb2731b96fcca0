#pragma once

#include <checkrein/flow/clauses.hpp>
#include <checkrein/flow/endorse.hpp>
#include <checkrein/flow/label.hpp>
#include <checkrein/flow/labeled.hpp>
#include <checkrein/flow/place.hpp>
#include <checkrein/flow/trusted_values.hpp>
#include <checkrein/flow/turn.hpp>
#include <checkrein/flow/typed_values.hpp>
#include <checkrein/flow/words.hpp>
