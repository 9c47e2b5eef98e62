//! Views and scopes: declared, filled, taken away.

use cynic::{MutationBuilder, Operation, QueryBuilder};

use super::{
    scalar::{Count, Moment},
    schema,
    viewer::{OnSite, OnSiteFields},
};

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewState {
    Backfilling,
    Live,
}

/// How far something new has taken in the events that were there before it.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Backfill {
    pub(crate) done: Count,
    pub(crate) total: Count,
}

/// A view.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(crate) name: String,
    pub(crate) actions: Option<Vec<String>>,
    pub(crate) dimensions: Vec<String>,
    pub(crate) measures: Vec<String>,
    pub(crate) built_in: bool,
    pub(crate) state: ViewState,
    pub(crate) backfill: Option<Backfill>,
}

/// A scope in which actors are counted.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct UniqueScope {
    pub(crate) fields: Vec<String>,
    pub(crate) name: String,
    pub(crate) built_in: bool,
    pub(crate) state: ViewState,
    pub(crate) backfill: Option<Backfill>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct ViewsAndScopes {
    #[arguments(site: $site)]
    pub(crate) views: Vec<View>,
    pub(crate) unique_scopes: Vec<UniqueScope>,
}

/// Asks for the views of a site, and for the scopes, which every site has.
pub(crate) fn views_and_scopes(site: String) -> Operation<ViewsAndScopes, OnSite> {
    ViewsAndScopes::build(OnSite { site: Some(site) })
}

/// What a view or scope keeps, and how often it is asked.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct RollupUsage {
    pub(crate) rows: Count,
    pub(crate) more: bool,
    pub(crate) questions: Count,
    pub(crate) last_asked_at: Option<Moment>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "View")]
pub(crate) struct UsedView {
    pub(crate) name: String,
    pub(crate) usage: Option<RollupUsage>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "UniqueScope")]
pub(crate) struct UsedScope {
    pub(crate) name: String,
    pub(crate) usage: Option<RollupUsage>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct Usages {
    #[arguments(site: $site)]
    pub(crate) views: Vec<UsedView>,
    pub(crate) unique_scopes: Vec<UsedScope>,
}

impl Usages {
    /// What a view keeps; none for what keeps nothing.
    pub(crate) fn of_view(&self, name: &str) -> Option<&RollupUsage> {
        self.views.iter().find(|view| view.name == name)?.usage.as_ref()
    }

    /// What a scope keeps.
    pub(crate) fn of_scope(&self, name: &str) -> Option<&RollupUsage> {
        self.unique_scopes
            .iter()
            .find(|scope| scope.name == name)?
            .usage
            .as_ref()
    }
}

/// Asks what each keeps and how often it is asked, which takes the server longer than to list them.
pub(crate) fn usages(site: String) -> Operation<Usages, OnSite> {
    Usages::build(OnSite { site: Some(site) })
}

/// A view to be declared.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct CreateViewInput {
    pub(crate) site: Option<String>,
    pub(crate) name: String,
    pub(crate) actions: Option<Vec<String>>,
    pub(crate) dimensions: Vec<String>,
    pub(crate) measures: Option<Vec<String>>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct CreateViewVariables {
    pub(crate) input: CreateViewInput,
}

/// A view by its name alone.
#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "View")]
pub(crate) struct NamedView {
    pub(crate) name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "CreateViewVariables")]
pub(crate) struct CreateView {
    #[arguments(input: $input)]
    pub(crate) create_view: NamedView,
}

/// Declares a view.
pub(crate) fn create_view(input: CreateViewInput) -> Operation<CreateView, CreateViewVariables> {
    CreateView::build(CreateViewVariables { input })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DeleteViewVariables {
    pub(crate) site: String,
    pub(crate) name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "DeleteViewVariables")]
pub(crate) struct DeleteView {
    #[arguments(site: $site, name: $name)]
    pub(crate) delete_view: NamedView,
}

/// Takes a view away.
pub(crate) fn delete_view(site: String, name: String) -> Operation<DeleteView, DeleteViewVariables> {
    DeleteView::build(DeleteViewVariables { site, name })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ScopeVariables {
    pub(crate) fields: Vec<String>,
}

/// A scope by its name alone.
#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "UniqueScope")]
pub(crate) struct NamedScope {
    pub(crate) name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "ScopeVariables")]
pub(crate) struct CreateScope {
    #[arguments(fields: $fields)]
    pub(crate) create_unique_scope: NamedScope,
}

/// Declares a scope, on every site.
pub(crate) fn create_scope(fields: Vec<String>) -> Operation<CreateScope, ScopeVariables> {
    CreateScope::build(ScopeVariables { fields })
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "ScopeVariables")]
pub(crate) struct DeleteScope {
    #[arguments(fields: $fields)]
    pub(crate) delete_unique_scope: NamedScope,
}

/// Takes a scope away, on every site.
pub(crate) fn delete_scope(fields: Vec<String>) -> Operation<DeleteScope, ScopeVariables> {
    DeleteScope::build(ScopeVariables { fields })
}
