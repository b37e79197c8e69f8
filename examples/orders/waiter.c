/* SPDX-License-Identifier: MIT */
/*
 * Orders three dishes, one by one, and says what came of each.
 */
#include <stdio.h>

#include <orders.h>

static int dish_order(struct contract *c, const char *dish, uint8_t count)
{
	const struct orders_order order = {
		.seat = 7,
		.dish = contract_text(dish),
		.count = count,
	};
	struct orders_message m;

	if (orders_send_order(c, &order, CHANNEL_FOREVER) || orders_peek(c, CHANNEL_FOREVER, &m)) {
		fprintf(stderr, "%s: %s\n", dish, c->refusal ? c->refusal : "no answer");
		return 1;
	}
	if (m.kind == ORDERS_READY)
		printf("%s for seat %d: %u cents%s\n", dish, m.as.ready.seat, m.as.ready.cents,
		       m.as.ready.hot ? ", hot" : "");
	else
		printf("%s: %.*s\n", dish, (int)m.as.sorry.why.length, m.as.sorry.why.bytes);
	orders_release(c);
	return 0;
}

int main(void)
{
	struct contract c;

	if (!orders_open(&c))
		return 1;
	return dish_order(&c, "soup", 2) || dish_order(&c, "cake", 1) || dish_order(&c, "moon", 1);
}
