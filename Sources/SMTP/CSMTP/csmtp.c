// SMTP by libcurl, which is opened when mail is first handed in and never before: a process that sends no mail needs no
// such library. It is C because curl_easy_setopt takes a variable number of arguments.

#include "csmtp.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct {
    CURLcode (*global_init)(long);
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    void (*cleanup)(CURL *);
    const char *(*strerror)(CURLcode);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_all)(struct curl_slist *);
    int is_open;
} library;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void) {
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle) handle = dlopen("libcurl.4.dylib", RTLD_NOW | RTLD_LOCAL);
    if (!handle) return;
    *(void **)&library.global_init = dlsym(handle, "curl_global_init");
    *(void **)&library.init = dlsym(handle, "curl_easy_init");
    *(void **)&library.setopt = dlsym(handle, "curl_easy_setopt");
    *(void **)&library.perform = dlsym(handle, "curl_easy_perform");
    *(void **)&library.getinfo = dlsym(handle, "curl_easy_getinfo");
    *(void **)&library.cleanup = dlsym(handle, "curl_easy_cleanup");
    *(void **)&library.strerror = dlsym(handle, "curl_easy_strerror");
    *(void **)&library.append = dlsym(handle, "curl_slist_append");
    *(void **)&library.free_all = dlsym(handle, "curl_slist_free_all");
    library.is_open = library.global_init && library.init && library.setopt && library.perform && library.getinfo &&
                      library.cleanup && library.strerror && library.append && library.free_all &&
                      library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

int vedette_mail_is_possible(void) {
    pthread_once(&once, open_library);
    return library.is_open;
}

struct reader {
    const unsigned char *bytes;
    size_t left;
};

static size_t read_message(char *buffer, size_t size, size_t count, void *context) {
    struct reader *reader = context;
    size_t room = size * count;
    size_t bytes = reader->left < room ? reader->left : room;
    memcpy(buffer, reader->bytes, bytes);
    reader->bytes += bytes;
    reader->left -= bytes;
    return bytes;
}

long vedette_mail_send(const struct vedette_mail *mail, char *text, size_t text_bytes) {
    if (text_bytes) text[0] = 0;
    if (!vedette_mail_is_possible()) {
        snprintf(text, text_bytes, "libcurl.so.4 is not installed");
        return 0;
    }
    CURL *curl = library.init();
    if (!curl) {
        snprintf(text, text_bytes, "libcurl cannot start");
        return 0;
    }
    char reason[CURL_ERROR_SIZE] = "";
    struct reader reader = {mail->message, mail->message_bytes};
    struct curl_slist *recipients = NULL;
    for (size_t i = 0; i < mail->recipient_count; i++) {
        recipients = library.append(recipients, mail->recipients[i]);
    }
    library.setopt(curl, CURLOPT_URL, mail->server);
    library.setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    library.setopt(curl, CURLOPT_NOSIGNAL, 1L);
    library.setopt(curl, CURLOPT_NOPROXY, "*");  // no variable of the environment leads mail elsewhere
    library.setopt(curl, CURLOPT_TIMEOUT_MS, mail->timeout_ms);
    library.setopt(curl, CURLOPT_ERRORBUFFER, reason);
    library.setopt(curl, CURLOPT_MAIL_FROM, mail->from);
    library.setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    library.setopt(curl, CURLOPT_UPLOAD, 1L);
    library.setopt(curl, CURLOPT_READFUNCTION, read_message);
    library.setopt(curl, CURLOPT_READDATA, &reader);
    library.setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->message_bytes);
    library.setopt(curl, CURLOPT_USE_SSL, (long)(mail->demands_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (mail->authorities) library.setopt(curl, CURLOPT_CAINFO, mail->authorities);
    if (mail->user) library.setopt(curl, CURLOPT_USERNAME, mail->user);
    if (mail->password) library.setopt(curl, CURLOPT_PASSWORD, mail->password);
    CURLcode result = library.perform(curl);
    long code = 0;
    library.getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    if (result == CURLE_OK) {
        code = 250;
    } else {
        snprintf(text, text_bytes, "%s", reason[0] ? reason : library.strerror(result));
        // A refusal has its code; a failure of the connection may leave that of an earlier, good reply.
        if (code < 400) code = 0;
    }
    library.free_all(recipients);
    library.cleanup(curl);
    return code;
}
