"""What we can prove about a day, as files that anybody can verify.

The room logs nothing, and uses no ports but its own.

===================  ==============================================================
``classes``          the table of classes: what is proven of a contact
``calls``            legs to calls
``coverage``         sums, and the share of the contacts that are proven
``sources``          what a contact of a day is known from
``class_facts``      what its class is decided from
``subject``          everything known about one contact of a day, and its rows
``ledger``           population + items + recordings -> the files of a day
``population_rows``  contacts of the population as rows, and what the policy says of them
``reports``          the files for people: exceptions, sums and the mail
``revision``         a numbered revision of a day, and the same computed again
``files``            canonical JSON, JSON Lines, CSV and their hashes
``members``          what was read; a member that is missing is broken evidence
``stored``           what the files of the evidence store hold
``sorting``          rows in order, without holding them all in memory
``manifest``         the hashes of a revision's files, as an in-toto statement
``chain``            numbered links, and the text of each that is signed
``signature``        RSA verified with the standard library
``acknowledgement``  what somebody has done about exceptions, beside the figures
``form``             what somebody asks for who acknowledges, checked
``verify``           everything that was written, verified
``verify_link``      what one link is about, verified
``ports``            what the room needs from outside
===================  ==============================================================
"""
