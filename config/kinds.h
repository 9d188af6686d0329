/* The builders of the single kinds, and what they share. Internal to this room; build.c is the door. */
#ifndef CONFIG_KINDS_H
#define CONFIG_KINDS_H

#include "config/formulas.h"
#include "config/walk.h"

/* Each returns a new object with one reference, or NULL after at least one error. The walk stands at the
 * document. */
struct scaled_object *scaled_object_build(struct walk *walk, const struct yaml_node *document,
                                          const char *default_ns, struct formula_pool *formulas);
struct trigger_auth *trigger_auth_build(struct walk *walk, const struct yaml_node *document,
                                        const char *default_ns, bool cluster);
struct key_values *key_values_build(struct walk *walk, const struct yaml_node *document,
                                    const char *default_ns, bool secret);

/* Parts of a ScaledObject, as readers of FIELD_CUSTOM: out is what the name says. */
void read_triggers(struct walk *walk, const struct yaml_node *node, void *object); /* struct scaled_object */
void read_behavior(struct walk *walk, const struct yaml_node *node,
                   void *behavior); /* struct scaling_behavior */
void read_scaling_modifiers(struct walk *walk, const struct yaml_node *node, void *object);
void read_extras(struct walk *walk, const struct yaml_node *node, void *object); /* spec.davit */

/* Compiles the formula, once triggers and modifiers are read; the walk stands at the document. */
void modifiers_compile(struct walk *walk, const struct yaml_node *document, struct scaled_object *object,
                       struct formula_pool *formulas);

bool trigger_is_resource(const struct trigger_spec *trigger); /* cpu or memory */

/* The pause annotations and davit.dev/spec; metadata is the object's, already read. */
void read_annotations(struct walk *walk, const struct yaml_node *document, struct scaled_object *object);
/* Rules between the fields of spec, once all are read without an error. */
void check_scaled_object(struct walk *walk, const struct yaml_node *spec, const struct scaled_object *object);

#endif
