/* SPDX-License-Identifier: MIT */
/*
 * Module `layout`: the region table and constants of layout/layout.h, and what
 * the container and the channels allow inside the windows.
 */
#include <lauxlib.h>

#include "container/heap.h"
#include "container/tool/tool.h"
#include "ipc/service_table.h"
#include "layout/layout.h"

static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
	{"page_size", LAYOUT_PAGE_SIZE},
	{"super_size", LAYOUT_SUPER_SIZE},
	{"components_max", LAYOUT_COMPONENTS_MAX},
	{"cores_max", LAYOUT_CORES_MAX},
	{"image_base", LAYOUT_IMAGE_BASE},
	{"image_size", LAYOUT_IMAGE_SIZE},
	{"heaps_base", LAYOUT_HEAPS_BASE},
	{"heap_size", LAYOUT_HEAP_SIZE},
	{"stacks_base", LAYOUT_STACKS_BASE},
	{"stack_slot_size", LAYOUT_STACK_SLOT_SIZE},
	{"stack_max", LAYOUT_STACK_MAX},
	{"channels_base", LAYOUT_CHANNELS_BASE},
	{"channels_size", LAYOUT_CHANNELS_SIZE},
	{"modules_max", LAYOUT_MODULES_MAX},
	{"module_slot_size", LAYOUT_MODULE_SLOT_SIZE},
	{"heap_min", HEAP_MIN_BYTES},
	{"heap_max", HEAP_MAX_BYTES},
	{"ring_min", RING_MIN_BYTES},
	{"ring_max", RING_MAX_BYTES},
	{"ring_control_size", sizeof(struct ring_control)},
	{"connections_max", SERVICE_LINES_MAX},
	{"service_size", sizeof(struct service)},
	{"service_waiters", SERVICE_WAITERS},
	{"service_end_size", sizeof(struct service_end)},
};

static void field_integer(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

static void field_string(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
}

static void push_region(lua_State *L, const struct layout_region *r)
{
	const char rights[] = {
		r->rights & LAYOUT_READ ? 'r' : '-',
		r->rights & LAYOUT_WRITE ? 'w' : '-',
		r->rights & LAYOUT_EXEC ? 'x' : '-',
		'\0',
	};

	lua_createtable(L, 0, 8);
	field_string(L, "name", r->name);
	field_string(L, "what", r->what);
	field_string(L, "rights", rights);
	field_string(L, "target", r->target == LAYOUT_GUEST ? "guest" : "both");
	field_integer(L, "base", r->base);
	field_integer(L, "size", r->size);
	field_integer(L, "page_order", r->page_order);
}

int luaopen_layout(lua_State *L)
{
	lua_newtable(L);
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		field_integer(L, constants[i].name, constants[i].value);
	lua_createtable(L, LAYOUT_REGION_COUNT, 0);
	for (int i = 0; i < LAYOUT_REGION_COUNT; i++) {
		push_region(L, &layout_regions[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "regions");
	return 1;
}
