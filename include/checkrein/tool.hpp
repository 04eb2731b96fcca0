#pragma once

#include <checkrein/tool/argument_rules.hpp>
#include <checkrein/tool/effect.hpp>
#include <checkrein/tool/name_index.hpp>
#include <checkrein/tool/not_built.hpp>
#include <checkrein/tool/tool.hpp>
#include <checkrein/tool/toolbox.hpp>
#include <checkrein/tool/when_given.hpp>
