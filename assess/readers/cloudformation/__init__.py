"""Reads CloudFormation templates, SAM and CDK output too, into facts as the collectors would have found them.

What a template cannot tell is never guessed. Two things stand for it, and both are the interface of whoever builds on
a template's facts (the graph above all):

**Identities.** Every resource has an identity that is the same wherever the template names it: an ARN (or the id of
a VPC's part) with the account and region that pseudo parameters give, else empty, and as its name the one that the
template gives, else the logical id. Beside the name stands the template (its file's name without endings, the path
where several templates are called so), since two templates may use one logical id:

    arn:aws:ecs:::cluster/shop/shop.Cluster                           arn:aws:iam:::role/shop/TaskRole
    arn:aws:elasticloadbalancing:::targetgroup/OrdersTargets/shop     subnet-shop.PublicOne

Queues, topics, tables, streams, buckets, secrets, parameters and repositories have the ARN of their name alone, as
policies write it: ``arn:aws:dynamodb:::table/orders``.

A field that *names* a resource (annotated ``Identifier``: ``targetGroupArn``, ``taskRoleArn``, ``subnets``, a policy's
``Resource``, ``valueFrom``) holds that identity, so that ``role_by_arn`` and all other look-ups work as they do on
AWS. ``origin.account`` and ``origin.region`` are what the pseudo parameters say, else empty. A name that AWS would
make up stands as the logical id, one that is not all known with its placeholders (``${AWS::StackName}-orders``); both
are listed in ``origin.unresolved`` under the name's field. Where names are looked up, and another template's may be
the same, the template stands before such a name: ``shop.Orders`` for a queue that has none, ``shop.${ClusterName}``
for a cluster that a parameter names.

**Placeholders.** A *text* (``EnvironmentValue``, ``Text``: variables, commands, options) holds ``${LogicalId}`` for a
``Ref`` and ``${LogicalId.Attribute}`` for a ``Fn::GetAtt`` verbatim, also in the midst of a text:
``redis://${Cache.RedisEndpoint.Address}:6379``. What AWS knows only after it made a resource (endpoints, DNS names,
queue URLs) stands in the resource's own fact in the same words (``Endpoint.Address`` of a database instance is
``${Database.Endpoint.Address}``). ``Estate.declared(source, logical_id)`` leads from the logical id to the fact;
``placeholders(text)`` of this package finds what a text refers to. A name that the template gives is written out
(``Ref`` of a table with ``TableName: orders`` is ``orders``).

**Several templates.** What a parent passes to a nested stack, a nested stack puts out, and another template exports is
read through where all of it is known: fields hold the other template's identities, texts what it tells, else
``${Parameter}``, which ``Estate.declared`` leads to the resource that is passed by it.

Other placeholders have no fact: ``${Parameter}`` without a default, ``${AWS::Region}``, ``${ImportValue:NAME}``,
``${If:CONDITION}`` and ``${FUNCTION:...}``, ``{{resolve:ssm:NAME}}`` for a dynamic reference or a parameter that
CloudFormation reads from Parameter Store. Each is listed in ``origin.unresolved``, and so is ``""`` (all of the
document) of a resource whose condition cannot be known. A parameter with ``NoEcho`` is a secret: the door's marker
stands for it wherever it is used, whether a value is known or not.
"""

from assess.readers.cloudformation.placeholders import Placeholder, placeholders

__all__ = ["Placeholder", "placeholders"]
