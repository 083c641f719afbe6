//! What a form is.

use kontor_model::{Field, FieldType, Object, View};

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "form", "forms")
        .doc("Questions on a web page whose answers become a lead.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("inputs", FieldType::json()).technical().doc(
            "What is asked, in order: [{\"field\": a field of leads, \"label\"?, \"required\"?, \"placeholder\"?, \"help\"?}].",
        ))
        .field(Field::new("headline", FieldType::text(255)).doc("Above the questions; the name when there is none."))
        .field(Field::new("introduction", FieldType::text(2_000)).doc("Below the headline."))
        .field(Field::new("button", FieldType::text(60)).doc("On the button; Send when there is none."))
        .field(Field::new("thanks", FieldType::text(2_000)).doc("What the page says afterwards."))
        .field(Field::new("language", FieldType::text(35)).technical().doc("Of the page: BCP 47, such as de-AT."))
        .field(
            Field::new("consent_text", FieldType::text(2_000))
                .doc("What is agreed to by ticking a box; then a consent to marketing by e-mail is kept."),
        )
        .field(Field::new("consent_required", FieldType::boolean()).default(false).doc("Whether the box has to be ticked."))
        .field(
            Field::new("time_required", FieldType::boolean()).default(false).doc(
                "Whether only what comes from the form's own page is taken: what a page elsewhere sends does not say how long it took.",
            ),
        )
        .field(Field::reference("campaign", "campaign").doc("The campaign of the leads that come by it."))
        .field(Field::new("redirect_url", FieldType::url()).doc("Where the visitor goes afterwards."))
        .field(Field::new("active", FieldType::boolean()).default(false))
        .view(View::new("embed", "The form's link, and the HTML that puts it on a page of one's own."))
}
