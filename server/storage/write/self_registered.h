// Feeders who made their account themselves: what they say of themselves nobody has checked.
#ifndef EGI_SERVER_STORAGE_WRITE_SELF_REGISTERED_H_
#define EGI_SERVER_STORAGE_WRITE_SELF_REGISTERED_H_

// SQL: whether the feeder of the column `id` has an account that no admin made. An import takes such a feeder for nobody else's name and tells nothing new of the contact.
#define EGI_SELF_REGISTERED(id) "EXISTS (SELECT FROM accounts a WHERE a.gaveur_id = " id " AND a.created_by IS NULL)"

#endif  // EGI_SERVER_STORAGE_WRITE_SELF_REGISTERED_H_
