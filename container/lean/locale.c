/* SPDX-License-Identifier: MIT */
/*
 * Locales and translations: an image has the C locale and untranslated
 * messages, as the C library has where it finds none of their files.
 */
#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>

/* Taken by functions that read the locale, against a setlocale that changes it. */
pthread_rwlock_t __libc_setlocale_lock = PTHREAD_RWLOCK_INITIALIZER;

/* "C", its other name, and "", which is the environment's: LC_ALL and the like name no file here.
 */
char *setlocale(int category, const char *locale)
{
	static char name[] = "C";

	if (category < LC_CTYPE || category > LC_IDENTIFICATION) {
		errno = EINVAL;
		return NULL;
	}
	if (locale && *locale && strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0) {
		errno = ENOENT;
		return NULL;
	}
	return name;
}

/* glibc: locale/setlocale.c. Frees what setlocale has loaded. */
void _nl_locale_subfreeres(void);
void _nl_locale_subfreeres(void)
{
}

/* glibc: intl/finddomain.c. Frees what gettext has loaded. */
void _nl_finddomain_subfreeres(void);
void _nl_finddomain_subfreeres(void)
{
}

/* glibc: intl/dcigettext.c. All of gettext comes through here; C has two plural forms. */
char *__dcigettext(const char *domain, const char *one, const char *many, int plural,
		   unsigned long n, int category);
char *__dcigettext(const char *domain, const char *one, const char *many, int plural,
		   unsigned long n, int category)
{
	(void)domain, (void)category;
	return (char *)(plural && n != 1 ? many : one);
}
