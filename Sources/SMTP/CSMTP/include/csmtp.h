#pragma once

#include <stddef.h>

/// One message to be handed to a mail server. Texts end in 0 and outlive the call.
struct vedette_mail {
    const char *server;       // smtp://host:port or smtps://host:port
    int demands_tls;          // smtp:// has to become TLS first
    const char *authorities;  // a file of certificates in PEM, or NULL for those of the system
    const char *user;         // or NULL
    const char *password;     // or NULL
    long timeout_ms;
    const char *from;
    const char *const *recipients;
    size_t recipient_count;
    const unsigned char *message;  // the whole message, with CRLF
    size_t message_bytes;
};

/// Whether the library is here that hands in mail.
int vedette_mail_is_possible(void);

/// Hands in a message; waits until the server has answered, at most timeout_ms.
///
/// Returns the server's last reply code, 250 when it took the message, 0 where there was no reply. What went wrong is
/// written to text, as text that ends in 0.
long vedette_mail_send(const struct vedette_mail *mail, char *text, size_t text_bytes);
