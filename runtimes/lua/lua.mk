# SPDX-License-Identifier: MIT
# What every message goes through, as in ipc/ipc.mk.
$(B)/obj/plain/runtimes/lua/lua_message.o $(B)/obj/plain/runtimes/lua/lua_value.o: flags-plain += -fomit-frame-pointer

lua-sources += runtimes/lua/lua_atoll.c runtimes/lua/lua_call.c \
	runtimes/lua/lua_call_number.c runtimes/lua/lua_call_reply.c runtimes/lua/lua_channel.c \
	runtimes/lua/lua_contract.c runtimes/lua/lua_contract_bytes.c \
	runtimes/lua/lua_contract_form.c runtimes/lua/lua_message.c \
	runtimes/lua/lua_object.c runtimes/lua/lua_serve.c runtimes/lua/lua_service.c \
	runtimes/lua/lua_task.c runtimes/lua/lua_unpack.c \
	runtimes/lua/lua_value.c runtimes/lua/lua_value_read.c runtimes/lua/lua_view.c \
	runtimes/lua/runtime_lua.c runtimes/lua/runtime_lua_coroutine.c \
	runtimes/lua/runtime_lua_memory.c runtimes/lua/runtime_lua_modules.c \
	runtimes/lua/runtime_lua_report.c runtimes/lua/runtime_lua_scheduler.c \
	runtimes/lua/runtime_lua_sleep.c runtimes/lua/runtime_lua_stop.c \
	runtimes/lua/runtime_lua_system.c runtimes/lua/runtime_lua_task_end.c \
	runtimes/lua/runtime_lua_warning.c
