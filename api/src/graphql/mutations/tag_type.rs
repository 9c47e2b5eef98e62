//! Changing the types of tags' keys.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        error::{self, Code},
        tag_type::{TagKey, TagType},
    },
    graphql::{context::ContextExt, error::UserError, objects::tag_type::TagTypeDeclaration},
};

/// A key of tags with a type.
#[derive(InputObject)]
pub(in crate::graphql) struct TagTypeInput {
    /// The key, at most 512 characters; a dot in it is an underscore.
    pub(in crate::graphql) name: String,
    /// The type: `string`, `number`, `boolean`, `object`, or `array of` one of these or of arrays, such as
    /// `array of string`.
    #[graphql(name = "type")]
    pub(in crate::graphql) kind: String,
}

/// What a change of a type did.
#[derive(SimpleObject)]
struct TagTypePayload {
    /// The key as it is now, or as it was when it was released; none where nothing was changed.
    tag_type: Option<TagTypeDeclaration>,
    /// Why nothing was changed.
    error: Option<UserError>,
}

impl TagTypePayload {
    /// Failures that a caller is to expect are data.
    fn new(ctx: &Context<'_>, changed: error::Result<TagKey>) -> Result<Self> {
        match changed {
            Ok(key) => Ok(Self {
                tag_type: Some(key.into()),
                error: None,
            }),
            Err(error)
                if matches!(
                    error.code,
                    Code::NotFound
                        | Code::AlreadyExists
                        | Code::TagKeyLimit
                        | Code::TooLong
                        | Code::InvalidText
                        | Code::InvalidArgument
                ) =>
            {
                Ok(Self {
                    tag_type: None,
                    error: Some((&error).into()),
                })
            }
            Err(error) => Err(ctx.fail(error)),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct TagTypeMutation;

#[Object]
impl TagTypeMutation {
    /// Declares a key with its type, for every site. A key that was only seen becomes declared, if it is of this type. The
    /// change holds for the very next event on every instance.
    async fn declare_tag_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and its type.")] input: TagTypeInput,
    ) -> Result<TagTypePayload> {
        let change = async {
            let kind = TagType::parse(&input.kind)?;
            ctx.services().declare_tag_type(ctx.caller(), &input.name, kind).await
        };
        TagTypePayload::new(ctx, change.await.map_err(|error: error::Error| error.below("input")))
    }

    /// Gives a key another type, on every site, from the very next event on. Events that are stored stay as they are;
    /// those in quarantine can be tried again.
    async fn retype_tag_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and its new type.")] input: TagTypeInput,
    ) -> Result<TagTypePayload> {
        let change = async {
            let kind = TagType::parse(&input.kind)?;
            ctx.services().retype_tag(ctx.caller(), &input.name, kind).await
        };
        TagTypePayload::new(ctx, change.await.map_err(|error: error::Error| error.below("input")))
    }

    /// Takes a key's type away, on every site: it gets the type that it is next seen with.
    async fn release_tag_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] name: String,
    ) -> Result<TagTypePayload> {
        TagTypePayload::new(ctx, ctx.services().release_tag(ctx.caller(), &name).await)
    }
}
